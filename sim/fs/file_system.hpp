// What stands below the filters: a file system that answers NT-shaped requests with NT's statuses. The I/O
// manager is its caller: it owns the FILE_OBJECTs, checks rights against handles and buffer sizes against
// information classes, and comes here once the walk of the filters has reached the bottom.
// docs/FILE_SYSTEMS.md lists the rules.
//
// Two kinds exist: make_memory_file_system() (memory_file_system.hpp) and open_host_volume()
// (host_volume.hpp).
//
// Words. A *file* (or directory) has a file id, attributes and times. A *link* is one name of a file in a
// directory; a file may have several. A *stream* is a run of bytes in a file: the default stream, or
// `file:name`. An *open* is what one FILE_OBJECT holds; it ends in two steps, cleanup (the last handle) and
// close (the last reference).
//
// Constants are the WDK's: FILE_OPEN, FILE_SHARE_READ, FILE_ATTRIBUTE_READONLY, STATUS_SHARING_VIOLATION and
// so on have their values of <ntifs.h>. Names are counted, of 16-bit units, compared by their upcased units
// (upcase.hpp) and kept as written. Sizes and offsets are bytes. Times are units of 100 ns since 1601-01-01
// UTC.
//
// Threads: any thread may call any function at any time; a mutex of the file system makes each call one step.
// Nothing waits, reaches a switch point or calls back, but for the functions that the caller passes: they run
// with the mutex held, and must only copy. One rule is the caller's: no call on an open overlaps its close().
// Buffers are touched with the mutex held and must be memory that does not fault; the I/O manager looks before
// it passes a user address on.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fltsim::fs {

using Status = std::int32_t;  // an NTSTATUS
using Ticks = std::uint64_t;

// Gives the time of the machine. Called with the mutex held: it must neither block nor call the file system.
using Clock = std::function<Ticks()>;

// --- opens ---

// One stream as the layers above see it. Its address serves as FILE_OBJECT.FsContext: equal for all opens of
// a stream, unlike that of any other stream. It lives from the first open to the close() that hands it out as
// `ended_stream`; a later open of the same stream has another one.
struct StreamIdentity {
  std::uint64_t stream_id = 0;      // never used twice within one file system; replays
  std::uint64_t file_id = 0;        // shared by all streams and links of a file
  void* filter_contexts = nullptr;  // the filter manager's; the file system neither reads nor frees it
};

enum class OpenKind {
  kVolume,     // the volume itself (empty path): volume information only, no bytes
  kDirectory,  // the default "stream" of a directory
  kData,       // a data stream: of a file, or a named one of a directory
};

// What one FILE_OBJECT holds open. Belongs to the file system that made it; pass it to that one only (a
// foreign `related` or `target_directory` is refused with STATUS_NOT_SAME_DEVICE). An Open that outlives its
// file system, as after the machine was torn down, may be destroyed and nothing else.
class Open {
 public:
  virtual ~Open() = default;
  virtual StreamIdentity& stream() const = 0;
  virtual OpenKind kind() const = 0;
};

// --- requests ---

// One extended attribute. Names are ASCII and compared and kept in upper case; flags are 0 or FILE_NEED_EA.
struct ExtendedAttribute {
  std::string name;
  std::string value;
  std::uint8_t flags = 0;
};

// FILE_OBJECTID_BUFFER: the object id itself and 48 bytes that the file system only keeps.
struct ObjectId {
  std::array<std::uint8_t, 16> id{};
  std::array<std::uint8_t, 48> extended{};
};

struct CreateRequest {
  // From the root and beginning with a backslash; or, with `related`, relative to that open and without one
  // (":name" is a stream of the related file, an empty path the related file again). Empty without `related`
  // means the volume. With FILE_OPEN_BY_FILE_ID in create_options: the 8 bytes of a file id, or the 16 of an
  // object id, as units.
  std::u16string_view path;
  const Open* related = nullptr;
  std::uint32_t desired_access =
      0;  // specific and standard rights: generic ones and MAXIMUM_ALLOWED are mapped before
  std::uint32_t share_access = 0;  // FILE_SHARE_*
  std::uint32_t disposition = 0;   // FILE_SUPERSEDE ... FILE_OVERWRITE_IF
  // FILE_DIRECTORY_FILE ..., without the disposition in the upper byte. Those that steer the I/O manager,
  // caches or features that are not here (write-through, synchronous, sequential, backup intent, reparse
  // point, EAs) are ignored.
  std::uint32_t create_options = 0;
  std::uint32_t file_attributes = 0;
  std::uint64_t allocation_size = 0;
  // SL_OPEN_TARGET_DIRECTORY: opens the parent of the last component; `information` is then FILE_EXISTS or
  // FILE_DOES_NOT_EXIST and speaks of that last component.
  bool open_target_directory = false;
  // Asked of a stream that is open before it is overwritten; false: STATUS_USER_MAPPED_FILE. Called with the
  // mutex held. None: every stream may.
  std::function<bool(const StreamIdentity&)> may_truncate{};
  // What a file gets that is created, overwritten or superseded.
  std::span<const ExtendedAttribute> extended_attributes{};
  // A self-relative security descriptor for what is created; empty: none of its own.
  std::span<const std::uint8_t> security{};
};

struct CreateResult {
  Status status = 0;
  std::uint32_t information =
      0;  // FILE_SUPERSEDED, FILE_OPENED, FILE_CREATED, FILE_OVERWRITTEN, FILE_EXISTS, ...
  std::unique_ptr<Open> open;  // set exactly on success
  // STATUS_REPARSE: the reparse point that was met (REPARSE_DATA_BUFFER), whose tag is `information`, and how many
  // units of the path lie behind it.
  std::vector<std::byte> reparse_point{};
  std::size_t unparsed_units = 0;
};

struct TransferResult {
  Status status = 0;
  std::size_t transferred = 0;
  std::int64_t offset = 0;  // of the first byte; says of a write that appends where the end was
};

// The offset of a write that appends: LARGE_INTEGER {FILE_WRITE_TO_END_OF_FILE, -1}.
inline constexpr std::int64_t kEndOfFileOffset = -1;

// Everything that the classes basic, standard, internal, network open, attribute tag, stat and all say of an
// open.
struct FileInformation {
  Ticks creation_time = 0;
  Ticks last_access_time = 0;
  Ticks last_write_time = 0;
  Ticks change_time = 0;
  std::uint64_t allocation_size = 0;  // of the stream; 0 for a directory
  std::uint64_t end_of_file = 0;      // of the stream; 0 for a directory
  std::uint64_t file_id = 0;
  std::uint32_t attributes = 0;       // never 0: FILE_ATTRIBUTE_NORMAL stands for none
  std::uint32_t number_of_links = 0;  // without links that are delete-pending
  bool delete_pending = false;        // of the link, or of the named stream, that the open came through
  bool directory = false;             // the open is of kind kDirectory
  std::uint32_t ea_size = 0;          // of all extended attributes together; 0: none
  std::uint32_t reparse_tag = 0;      // 0: no reparse point
};

// What has happened to a file: told once it has, with the mutex held.
struct Change {
  std::uint32_t filter = 0;  // FILE_NOTIFY_CHANGE_*: the kinds that it is
  std::uint32_t action = 0;  // FILE_ACTION_*
  std::u16string_view path;  // from the root; ":stream" behind it for a named stream
};
using ChangeObserver = std::function<void(const Change&)>;

// FILE_BASIC_INFORMATION. A time of 0 leaves it alone; -1 stops, -2 resumes its upkeep for operations of this
// open; a positive one is set (and upkeep stops too). Attributes 0 leave them alone, FILE_ATTRIBUTE_NORMAL
// clears them.
struct BasicChange {
  std::int64_t creation_time = 0;
  std::int64_t last_access_time = 0;
  std::int64_t last_write_time = 0;
  std::int64_t change_time = 0;
  std::uint32_t attributes = 0;
};

// Where a rename or a new link leads.
struct NewName {
  // One component. For a rename of a named stream: ":name" or ":name:$DATA", and no target_directory.
  std::u16string_view name;
  // An open directory (the I/O manager gets it by a create with open_target_directory); null: where the link
  // is now.
  const Open* target_directory = nullptr;
  // Rename: FILE_RENAME_*; link: FILE_LINK_*. REPLACE_IF_EXISTS (1), POSIX_SEMANTICS (2),
  // IGNORE_READONLY_ATTRIBUTE (0x40) are honoured; any other flag is STATUS_NOT_SUPPORTED. The plain classes
  // translate ReplaceIfExists to 1.
  std::uint32_t flags = 0;
};

struct StreamEntry {
  std::u16string name;  // ":name:$DATA", "::$DATA" for the default stream
  std::uint64_t end_of_file = 0;
  std::uint64_t allocation_size = 0;
};

struct LinkEntry {
  std::uint64_t parent_file_id = 0;
  std::u16string name;
};

struct DirectoryEntry {
  std::u16string_view name;  // valid during the call of the taker only
  FileInformation file;      // end_of_file and allocation_size of the default stream
};

enum class Take {
  kNext,    // taken, go on
  kLast,    // taken, stop here
  kRefuse,  // no room: not taken, the next query begins with it
};

struct DirectoryQuery {
  // FsRtlIsNameInExpression's wildcards * ? < > ". Empty means all. Counts in the first query of an open
  // only.
  std::u16string_view pattern;
  bool restart_scan = false;
  std::function<Take(const DirectoryEntry&)> take;
};

struct VolumeInformation {
  std::u16string label;
  std::u16string file_system_name;
  Ticks creation_time = 0;
  std::uint32_t serial_number = 0;
  std::uint32_t attributes = 0;  // FILE_CASE_PRESERVED_NAMES ...
  std::uint32_t maximum_component_length = 0;
  std::uint32_t bytes_per_sector = 0;
  std::uint32_t sectors_per_allocation_unit = 0;
  std::uint64_t total_allocation_units = 0;
  std::uint64_t available_allocation_units = 0;
};

struct CleanupResult {
  bool link_deleted = false;  // the name is gone from its directory
  bool stream_deleted =
      false;  // the named stream, or the file with all its streams, will be gone with its last open
};

struct CloseResult {
  // Set when no open of the stream is left. The caller destroys it once those above have let go of it: until
  // then no other stream can have its address.
  std::unique_ptr<StreamIdentity> ended_stream;
};

// What the tree below holds and does not show, or could not be read; all zero for a memory file system.
// Directories are read when first needed: the counts speak of the part that was looked at.
struct LowerCounts {
  std::uint64_t symbolic_links = 0;   // not shown
  std::uint64_t special_files = 0;    // FIFOs, sockets, devices: not shown
  std::uint64_t case_collisions = 0;  // not shown: the name equals, but for case, that of an earlier entry
  std::uint64_t mapped_names = 0;     // shown, with units of the private-use area for what NT forbids
  std::uint64_t unreadable = 0;       // shown, but the host denied a read of its bytes or its listing
  std::uint64_t changed_below = 0;    // reads refused because the host's file changed or vanished meanwhile
};

// What a file system can do beyond the rules that all follow. A conformance test that needs one is skipped
// without it.
struct Capabilities {
  bool short_names = false;  // 8.3 names
  bool extended_attributes = false;
  bool capacity_limit = false;  // the size of the volume can be chosen, so a full disk can be tested
};

// --- the file system ---

// Every function but cleanup and close may fail as documented at it; after a failure nothing has changed. All
// of them return STATUS_INVALID_PARAMETER for a negative offset or size, and for an open of the wrong kind
// unless it says else.
class FileSystem {
 public:
  virtual ~FileSystem() = default;

  // Opens or creates. Share access is checked against the other opens of the stream, and held until cleanup.
  //   OBJECT_NAME_INVALID       a component is empty, longer than 255 units, or holds one of "*/:<>?| or a
  //                             control character; or a file is named with a trailing backslash
  //   OBJECT_PATH_NOT_FOUND     a directory on the way is missing or is a file
  //   OBJECT_NAME_NOT_FOUND     the last component (or its stream) is missing and the disposition does not
  //                             create
  //   OBJECT_NAME_COLLISION     it exists: FILE_CREATE, or superseding or overwriting a directory
  //   FILE_IS_A_DIRECTORY, NOT_A_DIRECTORY      against the options
  //   DELETE_PENDING            the link, the stream or a directory on the way waits for its deletion
  //   SHARING_VIOLATION         other opens do not share this access, or this one not theirs
  //   ACCESS_DENIED             writing to a read-only file; overwriting a hidden or system file without
  //                             naming the attribute again; bytes or a listing that the host denies
  //   CANNOT_DELETE             delete-on-close of a read-only file or of the root
  //   INVALID_PARAMETER         options that exclude each other, an unknown file id
  //   ACCESS_DENIED             FILE_NO_EA_KNOWLEDGE and a file with an EA that must be known; a locked volume
  //   REPARSE                   a reparse point on the way, or at its end without FILE_OPEN_REPARSE_POINT
  //   NOT_SUPPORTED             FILE_CREATE_TREE_CONNECTION, FILE_RESERVE_OPFILTER
  //   DISK_FULL, FILE_INVALID (the host's file changed below), NOT_SAME_DEVICE (foreign `related`)
  virtual CreateResult create(const CreateRequest& request) = 0;

  // The last handle is gone: gives up share access; delete-on-close and a pending deletion take effect with
  // the last cleanup of the link (POSIX deletion: with this one). Reads and writes are still legal. Once per
  // open. Never fails.
  virtual CleanupResult cleanup(Open& open) = 0;

  // The last reference is gone. After cleanup. Never fails.
  virtual CloseResult close(std::unique_ptr<Open> open) = 0;

  // END_OF_FILE at or behind the end (0 bytes wanted: SUCCESS); short at the end. INVALID_DEVICE_REQUEST on a
  // directory or volume. FILE_INVALID and ACCESS_DENIED from below.
  virtual TransferResult read(Open& open, std::int64_t offset, std::span<std::byte> buffer) = 0;

  // All or nothing. kEndOfFileOffset appends. Bytes between the old end and `offset` read as zero. DISK_FULL;
  // FILE_INVALID when the rest of a touched page cannot be read from below.
  virtual TransferResult write(Open& open, std::int64_t offset, std::span<const std::byte> bytes) = 0;

  // SUCCESS: there is nothing behind memory to flush to.
  virtual Status flush(Open& open) = 0;

  virtual Status query_information(const Open& open, FileInformation& information) = 0;

  // The path from the root with the case on disk, ":stream" appended for a named stream; "\\" for the root,
  // empty for the volume. Of several links, the one that was opened (by id: the oldest). FILE_DELETED once
  // that link is gone.
  virtual Status query_name(const Open& open, std::u16string& name) = 0;

  // The default stream first (files only), then the others ordered by upcased name.
  virtual Status query_streams(const Open& open, std::vector<StreamEntry>& streams) = 0;

  // All links of the file, oldest first.
  virtual Status query_links(const Open& open, std::vector<LinkEntry>& links) = 0;

  virtual Status set_basic(Open& open, const BasicChange& change) = 0;

  // FILE_DISPOSITION_* flags; the plain class is FILE_DISPOSITION_DELETE or 0.
  //   CANNOT_DELETE read-only (unless IGNORE_READONLY_ATTRIBUTE) or the root; DIRECTORY_NOT_EMPTY;
  //   NOT_SUPPORTED for FILE_DISPOSITION_ON_CLOSE on an open without FILE_DELETE_ON_CLOSE, and for unknown
  //   flags.
  // FORCE_IMAGE_SECTION_CHECK is accepted: sections are the caller's.
  virtual Status set_disposition(Open& open, std::uint32_t flags) = 0;

  //   OBJECT_NAME_COLLISION  the target exists and may not be replaced
  //   ACCESS_DENIED          the target is a directory, read-only or open; a directory with opens below it,
  //                          or one that would move into itself
  //   SHARING_VIOLATION      POSIX replacement of a target that somebody opened without FILE_SHARE_DELETE
  //   DELETE_PENDING         the source, the target or the target directory waits for its deletion
  //   FILE_DELETED           the source link is gone
  //   OBJECT_NAME_INVALID, NOT_SAME_DEVICE, INVALID_PARAMETER (the root; a file through an open of a named
  //   stream)
  virtual Status rename(Open& open, const NewName& target) = 0;

  // Another link to the same file. As rename; FILE_IS_A_DIRECTORY for a directory, TOO_MANY_LINKS beyond
  // 1024.
  virtual Status link(Open& open, const NewName& target) = 0;

  virtual Status set_end_of_file(Open& open, std::int64_t size) = 0;

  // Below the end of file it truncates; above, it reserves until the last cleanup of the stream. DISK_FULL.
  virtual Status set_allocation(Open& open, std::int64_t size) = 0;

  // Offers `.` and `..` (not in the root) and then the entries ordered by upcased name, from where the last
  // query of this open ended; entries that come or go between two queries are neither doubled nor invented.
  // SUCCESS when one was offered, else NO_SUCH_FILE (first query of a scan) or NO_MORE_FILES. NOT kDirectory:
  // INVALID_PARAMETER.
  virtual Status query_directory(Open& open, const DirectoryQuery& query) = 0;

  // `path` from the root as the directories spell it, without opening anything: what a normalized name is
  // made of. A missing last component (and a stream) is kept as given. OBJECT_NAME_INVALID,
  // OBJECT_PATH_NOT_FOUND, ACCESS_DENIED.
  virtual Status normalize(std::u16string_view path, std::u16string& normalized) = 0;

  // --- what else belongs to a file; STATUS_INVALID_PARAMETER for the volume ---

  // In the order in which they were set first.
  virtual Status query_extended_attributes(const Open& open, std::vector<ExtendedAttribute>& attributes) = 0;
  // Each replaces the one of its name, or removes it when its value is empty. EA_TOO_LARGE beyond 64 KB together.
  virtual Status set_extended_attributes(Open& open, std::span<const ExtendedAttribute> attributes) = 0;

  // A self-relative security descriptor; empty for a file that was never given one. Nothing here is decided by it.
  virtual Status query_security(const Open& open, std::vector<std::uint8_t>& descriptor) = 0;
  virtual Status set_security(Open& open, std::span<const std::uint8_t> descriptor) = 0;

  // REPARSE_DATA_BUFFER, kept as it came but for its Reserved field. NOT_A_REPARSE_POINT; DIRECTORY_NOT_EMPTY;
  // IO_REPARSE_TAG_MISMATCH for a tag other than that of the point there is; EAS_NOT_SUPPORTED for a file with EAs.
  virtual Status query_reparse_point(const Open& open, std::vector<std::byte>& data) = 0;
  virtual Status set_reparse_point(Open& open, std::span<const std::byte> data) = 0;
  virtual Status delete_reparse_point(Open& open, std::uint32_t tag) = 0;

  // OBJECTID_NOT_FOUND; OBJECT_NAME_COLLISION for a file that has one, DUPLICATE_NAME for an id that another file has.
  virtual Status query_object_id(const Open& open, ObjectId& id) = 0;
  virtual Status set_object_id(Open& open, const ObjectId& id) = 0;
  virtual Status delete_object_id(Open& open) = 0;

  // FILE_ATTRIBUTE_SPARSE_FILE; takes no less space. INVALID_PARAMETER but for data.
  virtual Status set_sparse(Open& open, bool sparse) = 0;
  // Zeroes [from, beyond) as far as the file goes. FILE_INVALID as write().
  virtual Status set_zero_data(Open& open, std::int64_t from, std::int64_t beyond) = 0;

  // Through an open of the volume. ACCESS_DENIED: something else is open. Until the same open unlocks the volume or is
  // cleaned up every create is ACCESS_DENIED. NOT_LOCKED.
  virtual Status lock_volume(Open& open) = 0;
  virtual Status unlock_volume(Open& open) = 0;

  // Before the first request.
  virtual void set_change_observer(ChangeObserver observer) = 0;

  virtual VolumeInformation volume_information() = 0;
  virtual Status set_volume_label(std::u16string_view label) = 0;  // INVALID_VOLUME_LABEL beyond 32 units

  virtual Capabilities capabilities() const = 0;
  virtual LowerCounts lower_counts() = 0;
};

}  // namespace fltsim::fs
