#include "cc/source_view.hpp"

#include <deque>
#include <filesystem>
#include <map>

#include "cc/charset.hpp"
#include "cc/files.hpp"
#include "cc/header_search.hpp"
#include "cc/include_lines.hpp"
#include "cc/pasting.hpp"

namespace fltsim::cc {
namespace {

namespace fs = std::filesystem;

// One #include that is not left as it is.
struct Change {
  std::size_t begin;
  std::size_t end;
  std::string header;  // of the user; its copy goes here
  std::string text;    // for a system's header: the right spelling
};

struct File {
  std::string path;  // as it was named
  std::string text;
  std::vector<Change> changes;
  std::string copy;
};

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

std::string identity(const std::string& path) {
  std::error_code error;
  const fs::path real = fs::canonical(path, error);
  return error ? path : real.string();
}

std::string in_quotes(const std::string& path) {
  std::string text = "\"";
  for (const char c : path) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + '"';
}

std::vector<std::string> values_of(const std::vector<std::string>& options, const std::string& option) {
  std::vector<std::string> values;
  for (std::size_t i = 0; i + 1 < options.size(); i += 2) {
    if (options[i] == option) values.push_back(options[i + 1]);
  }
  return values;
}

std::vector<std::string> system_folders(const Target& target, Language language) {
  std::vector<std::string> folders = values_of(target.arguments.preprocessor, "-isystem");
  if (target.arguments.client) {
    folders.insert(folders.end(), {target.installation.client, target.installation.um});
  }
  folders.insert(folders.end(), {target.installation.wdk, target.installation.crt});
  const auto& own = language == Language::kC ? target.toolchain.c_headers : target.toolchain.cxx_headers;
  folders.insert(folders.end(), own.begin(), own.end());
  folders.push_back(target.installation.headers);
  return folders;
}

class Viewer {
 public:
  Viewer(const Target& target, Language language, const std::string& folder)
      : target_(target),
        folder_(folder),
        search_(values_of(target.arguments.preprocessor, "-iquote"),
                values_of(target.arguments.preprocessor, "-I"), system_folders(target, language)) {}

  SourceView run(const std::string& source) {
    SourceView view{source, target_.arguments.preprocessor, "", ""};
    const std::string main = add(source);
    // What is not there, the compiler says best itself.
    if (main.empty()) return view;
    std::vector<std::pair<std::size_t, std::string>> forced;
    for (std::size_t i = 0; i + 1 < view.preprocessor.size(); i += 2) {
      if (view.preprocessor[i] != "-include") continue;
      const auto found = search_.find(view.preprocessor[i + 1], true, "");
      if (!found) continue;
      is_changed_ = is_changed_ || !found->is_exact;
      if (!found->is_system) forced.emplace_back(i + 1, add(found->path));
      if (found->is_system) view.preprocessor[i + 1] = found->name;
    }
    // Grows while it is read.
    for (std::size_t i = 0; i < files_.size(); ++i) follow(files_[i]);
    view.notes = notes_;
    view.problem = problem_;
    if (!is_changed_ || !problem_.empty()) return view;
    if (!write_all()) {
      view.problem = "cannot write to " + folder_;
      return view;
    }
    view.source = file_of(main).copy;
    for (const auto& [index, key] : forced) {
      if (!key.empty()) view.preprocessor[index] = file_of(key).copy;
    }
    // For #include MACRO, which only the compiler can read.
    for (const File& file : files_) {
      view.preprocessor.insert(view.preprocessor.end(),
                               {"-iquote", folder_of(file.path).empty() ? "." : folder_of(file.path)});
    }
    return view;
  }

 private:
  // The file's identity; empty when it cannot be read.
  std::string add(const std::string& path) {
    const std::string key = identity(path);
    if (index_.contains(key)) return key;
    const auto bytes = read_file(path);
    if (!bytes) return "";
    SourceText decoded = decode_source(*bytes, target_.arguments.source_charset);
    if (!decoded.problem.empty() && problem_.empty()) problem_ = path + ": " + decoded.problem;
    if (decoded.text != *bytes) {
      is_changed_ = true;
      notes_ += path + ": read as " + decoded.charset + '\n';
    }
    if (decoded.text.find("##") != std::string::npos) {
      std::string mended = without_idle_pasting(decoded.text);
      is_changed_ = is_changed_ || mended != decoded.text;
      decoded.text = std::move(mended);
    }
    const std::string copy =
        folder_ + '/' + std::to_string(files_.size()) + '/' + path.substr(path.rfind('/') + 1);
    index_[key] = files_.size();
    files_.push_back({path, std::move(decoded.text), {}, copy});
    return key;
  }

  File& file_of(const std::string& key) { return files_[index_.at(key)]; }

  void follow(File& file) {
    for (const IncludeLine& line : include_lines(file.text)) {
      const auto found = search_.find(line.name, line.is_quoted, folder_of(file.path));
      if (!found) continue;
      is_changed_ = is_changed_ || !found->is_exact;
      if (found->is_system) {
        const std::string text = line.is_quoted ? in_quotes(found->name) : '<' + found->name + '>';
        if (!found->is_exact) file.changes.push_back({line.begin, line.end, "", text});
      } else if (const std::string key = add(found->path); !key.empty()) {
        file.changes.push_back({line.begin, line.end, key, ""});
      }
    }
  }

  bool write_all() {
    for (const File& file : files_) {
      std::error_code error;
      fs::create_directories(folder_of(file.copy), error);
      std::string text = "#line 1 " + in_quotes(file.path) + '\n';
      std::size_t at = 0;
      for (const Change& change : file.changes) {
        text.append(file.text, at, change.begin - at);
        text += change.header.empty() ? change.text : in_quotes(file_of(change.header).copy);
        at = change.end;
      }
      text.append(file.text, at);
      if (!write_file(file.copy, text)) return false;
    }
    return true;
  }

  const Target& target_;
  const std::string folder_;
  HeaderSearch search_;
  std::deque<File> files_;
  std::map<std::string, std::size_t> index_;
  bool is_changed_ = false;
  std::string notes_;
  std::string problem_;
};

}  // namespace

SourceView view_source(const Target& target, Language language, const std::string& source,
                       const std::string& folder) {
  return Viewer(target, language, folder).run(source);
}

}  // namespace fltsim::cc
