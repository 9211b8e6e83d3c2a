// Rtl: generic tables, both kinds.
//
// Splay tables bring what is looked up or inserted to the root, and hand elements out by number in the order of insertion;
// balanced ones are AVL trees, and their numbers follow the order of the keys.
#include <ntifs.h>

#include <algorithm>
#include <cstring>

#include "nt/driver_call.hpp"
#include "nt/wdk.hpp"

namespace fltsim::nt {
namespace {

// A node of either kind begins with its links; the driver's element follows them.
struct SplayNode {
  RTL_SPLAY_LINKS links;
  LIST_ENTRY inserted;
};
static_assert(sizeof(SplayNode) == 40 && sizeof(RTL_BALANCED_LINKS) == 32);

// `Link` is RTL_SPLAY_LINKS or RTL_BALANCED_LINKS.
template <class Link>
struct Tree {
  static Link* first(Link* node) {
    while (node != nullptr && node->LeftChild != nullptr) node = node->LeftChild;
    return node;
  }
  static Link* next(Link* node, const Link* top) {
    if (node->RightChild != nullptr) return first(node->RightChild);
    while (node->Parent != top && node->Parent->RightChild == node) node = node->Parent;
    return node->Parent == top ? nullptr : node->Parent;
  }
};

// A balanced node's height is in its reserved bytes; a splay node has none.
int height(const RTL_BALANCED_LINKS* node) { return node == nullptr ? 0 : node->Reserved[0]; }
void update(RTL_BALANCED_LINKS* node) {
  const int left = height(node->LeftChild);
  const int right = height(node->RightChild);
  node->Reserved[0] = static_cast<UCHAR>(1 + std::max(left, right));
  node->Balance = static_cast<CHAR>(right - left);
}
void update(RTL_SPLAY_LINKS*) {}

// Puts `to` where `from` hangs. `root` is the place of the tree's root.
template <class Link>
void replace(Link*& root, Link* from, Link* to) {
  Link* parent = from->Parent;
  if (root == from) {
    root = to;
  } else if (parent->LeftChild == from) {
    parent->LeftChild = to;
  } else {
    parent->RightChild = to;
  }
  if (to != nullptr) to->Parent = parent;
}

template <class Link>
void remove(Link*& root, Link* node) {
  if (node->LeftChild == nullptr || node->RightChild == nullptr) {
    replace(root, node, node->LeftChild == nullptr ? node->RightChild : node->LeftChild);
    return;
  }
  Link* heir = Tree<Link>::first(node->RightChild);
  if (heir->Parent != node) {
    replace(root, heir, heir->RightChild);
    heir->RightChild = node->RightChild;
    heir->RightChild->Parent = heir;
  }
  replace(root, node, heir);
  heir->LeftChild = node->LeftChild;
  heir->LeftChild->Parent = heir;
}

template <class Link>
void rotate(Link*& root, Link* node, bool left) {
  Link* child = left ? node->RightChild : node->LeftChild;
  Link*& inner = left ? child->LeftChild : child->RightChild;
  replace(root, node, child);
  (left ? node->RightChild : node->LeftChild) = inner;
  if (inner != nullptr) inner->Parent = node;
  inner = node;
  node->Parent = child;
  update(node);
  update(child);
}

// Balances the way up from `node` after a change below it.
void balance(RTL_BALANCED_LINKS*& root, RTL_BALANCED_LINKS* node, const RTL_BALANCED_LINKS* top) {
  while (node != top) {
    RTL_BALANCED_LINKS* parent = node->Parent;
    update(node);
    if (node->Balance > 1) {
      if (node->RightChild->Balance < 0) rotate(root, node->RightChild, false);
      rotate(root, node, true);
    } else if (node->Balance < -1) {
      if (node->LeftChild->Balance > 0) rotate(root, node->LeftChild, true);
      rotate(root, node, false);
    }
    node = parent;
  }
}

// Brings `node` to the root, whose parent is then itself.
void splay(RTL_SPLAY_LINKS*& root, RTL_SPLAY_LINKS* node) {
  while (node != root) {
    RTL_SPLAY_LINKS* parent = node->Parent;
    const bool is_right = parent->RightChild == node;
    if (parent != root) {
      RTL_SPLAY_LINKS* above = parent->Parent;
      const bool parent_is_right = above->RightChild == parent;
      if (is_right == parent_is_right) {
        rotate(root, above, parent_is_right);
        rotate(root, parent, is_right);
      } else {
        rotate(root, parent, is_right);
        rotate(root, above, parent_is_right);
      }
    } else {
      rotate(root, parent, is_right);
    }
  }
  root->Parent = root;
}

// --- balanced tables ---
// The root's parent is the table's own BalancedRoot, whose right child it is.

using Balanced = RTL_BALANCED_LINKS;

void* element_of(Balanced* node) { return node + 1; }

struct Place {
  Balanced* node = nullptr;  // the element's, or that below which it belongs
  TABLE_SEARCH_RESULT result = TableEmptyTree;
};

Place find(PRTL_AVL_TABLE table, PVOID buffer) {
  Place place;
  Balanced* node = table->BalancedRoot.RightChild;
  while (node != nullptr) {
    place.node = node;
    const auto order = call_driver([&] { return table->CompareRoutine(table, buffer, element_of(node)); });
    if (order == GenericEqual) {
      place.result = TableFoundNode;
      return place;
    }
    place.result = order == GenericLessThan ? TableInsertAsLeft : TableInsertAsRight;
    node = order == GenericLessThan ? node->LeftChild : node->RightChild;
  }
  return place;
}

void note_depth(PRTL_AVL_TABLE table) {
  table->DepthOfTree = static_cast<ULONG>(height(table->BalancedRoot.RightChild));
}

PVOID insert(PRTL_AVL_TABLE table, PVOID buffer, ULONG size, PBOOLEAN is_new, const Place& place) {
  if (is_new != nullptr) *is_new = FALSE;
  if (place.result == TableFoundNode) return element_of(place.node);
  auto* node = static_cast<Balanced*>(call_driver(
      [&] { return table->AllocateRoutine(table, size + static_cast<ULONG>(sizeof(Balanced))); }));
  if (node == nullptr) return nullptr;
  *node = {};
  update(node);
  std::memcpy(element_of(node), buffer, size);
  if (place.result == TableEmptyTree) {
    table->BalancedRoot.RightChild = node;
    node->Parent = &table->BalancedRoot;
  } else {
    (place.result == TableInsertAsLeft ? place.node->LeftChild : place.node->RightChild) = node;
    node->Parent = place.node;
    balance(table->BalancedRoot.RightChild, place.node, &table->BalancedRoot);
  }
  ++table->NumberGenericTableElements;
  table->OrderedPointer = nullptr;
  table->WhichOrderedElement = 0;
  note_depth(table);
  if (is_new != nullptr) *is_new = TRUE;
  return element_of(node);
}

Balanced* after(PRTL_AVL_TABLE table, Balanced* node) {
  return node == nullptr ? Tree<Balanced>::first(table->BalancedRoot.RightChild)
                         : Tree<Balanced>::next(node, &table->BalancedRoot);
}

// --- splay tables ---
// The root is its own parent.

using Splay = RTL_SPLAY_LINKS;

SplayNode* node_of(LIST_ENTRY* inserted) { return CONTAINING_RECORD(inserted, SplayNode, inserted); }
void* element_of(SplayNode* node) { return node + 1; }
SplayNode* whole(Splay* links) { return CONTAINING_RECORD(links, SplayNode, links); }

struct SplayPlace {
  SplayNode* node = nullptr;
  TABLE_SEARCH_RESULT result = TableEmptyTree;
};

SplayPlace find(PRTL_GENERIC_TABLE table, PVOID buffer) {
  SplayPlace place;
  Splay* links = table->TableRoot;
  while (links != nullptr) {
    place.node = whole(links);
    const auto order =
        call_driver([&] { return table->CompareRoutine(table, buffer, element_of(place.node)); });
    if (order == GenericEqual) {
      place.result = TableFoundNode;
      return place;
    }
    place.result = order == GenericLessThan ? TableInsertAsLeft : TableInsertAsRight;
    links = order == GenericLessThan ? links->LeftChild : links->RightChild;
  }
  return place;
}

Splay* after(PRTL_GENERIC_TABLE table, Splay* links) {
  if (links == nullptr) return Tree<Splay>::first(table->TableRoot);
  if (links->RightChild != nullptr) return Tree<Splay>::first(links->RightChild);
  while (links != table->TableRoot && links->Parent->RightChild == links) links = links->Parent;
  return links == table->TableRoot ? nullptr : links->Parent;
}

}  // namespace
}  // namespace fltsim::nt

using namespace fltsim;

extern "C" {

VOID RtlInitializeGenericTableAvl(PRTL_AVL_TABLE Table, PRTL_AVL_COMPARE_ROUTINE CompareRoutine,
                                  PRTL_AVL_ALLOCATE_ROUTINE AllocateRoutine,
                                  PRTL_AVL_FREE_ROUTINE FreeRoutine, PVOID TableContext) {
  nt::touch("RtlInitializeGenericTableAvl", nt::kDispatch);
  *Table = {};
  Table->BalancedRoot.Parent = &Table->BalancedRoot;
  Table->CompareRoutine = CompareRoutine;
  Table->AllocateRoutine = AllocateRoutine;
  Table->FreeRoutine = FreeRoutine;
  Table->TableContext = TableContext;
}

PVOID RtlInsertElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer, ULONG BufferSize,
                                      PBOOLEAN NewElement) {
  nt::enter("RtlInsertElementGenericTableAvl", nt::kDispatch);
  return nt::insert(Table, Buffer, BufferSize, NewElement, nt::find(Table, Buffer));
}

PVOID RtlInsertElementGenericTableFullAvl(PRTL_AVL_TABLE Table, PVOID Buffer, CLONG BufferSize,
                                          PBOOLEAN NewElement, PVOID NodeOrParent,
                                          TABLE_SEARCH_RESULT SearchResult) {
  nt::enter("RtlInsertElementGenericTableFullAvl", nt::kDispatch);
  return nt::insert(Table, Buffer, BufferSize, NewElement,
                    {static_cast<nt::Balanced*>(NodeOrParent), SearchResult});
}

BOOLEAN RtlDeleteElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer) {
  nt::enter("RtlDeleteElementGenericTableAvl", nt::kDispatch);
  const nt::Place place = nt::find(Table, Buffer);
  if (place.result != TableFoundNode) return FALSE;
  nt::Balanced* node = place.node;
  // An enumeration that stands here goes on behind it.
  if (Table->RestartKey == node) Table->RestartKey = nullptr;
  nt::Balanced* changed = node->Parent;
  if (node->LeftChild != nullptr && node->RightChild != nullptr) {
    nt::Balanced* heir = nt::Tree<nt::Balanced>::first(node->RightChild);
    changed = heir->Parent == node ? heir : heir->Parent;
  }
  nt::remove(Table->BalancedRoot.RightChild, node);
  nt::balance(Table->BalancedRoot.RightChild, changed, &Table->BalancedRoot);
  --Table->NumberGenericTableElements;
  ++Table->DeleteCount;
  Table->OrderedPointer = nullptr;
  Table->WhichOrderedElement = 0;
  nt::note_depth(Table);
  nt::call_driver([&] {
    Table->FreeRoutine(Table, node);
    return 0;
  });
  return TRUE;
}

PVOID RtlLookupElementGenericTableFullAvl(PRTL_AVL_TABLE Table, PVOID Buffer, PVOID* NodeOrParent,
                                          TABLE_SEARCH_RESULT* SearchResult) {
  nt::enter("RtlLookupElementGenericTableFullAvl", nt::kDispatch);
  const nt::Place place = nt::find(Table, Buffer);
  *NodeOrParent = place.node;
  *SearchResult = place.result;
  return place.result == TableFoundNode ? nt::element_of(place.node) : nullptr;
}

PVOID RtlLookupElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer) {
  nt::enter("RtlLookupElementGenericTableAvl", nt::kDispatch);
  const nt::Place place = nt::find(Table, Buffer);
  return place.result == TableFoundNode ? nt::element_of(place.node) : nullptr;
}

// The first of those that compare equal, in the order of the keys.
PVOID RtlLookupFirstMatchingElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer, PVOID* RestartKey) {
  nt::enter("RtlLookupFirstMatchingElementGenericTableAvl", nt::kDispatch);
  nt::Balanced* match = nullptr;
  for (nt::Balanced* node = Table->BalancedRoot.RightChild; node != nullptr;) {
    const auto order =
        nt::call_driver([&] { return Table->CompareRoutine(Table, Buffer, nt::element_of(node)); });
    if (order == GenericEqual) match = node;
    node = order == GenericGreaterThan ? node->RightChild : node->LeftChild;
  }
  if (match == nullptr) return nullptr;
  *RestartKey = match;
  return nt::element_of(match);
}

PVOID RtlGetElementGenericTableAvl(PRTL_AVL_TABLE Table, ULONG I) {
  nt::enter("RtlGetElementGenericTableAvl", nt::kDispatch);
  if (I >= Table->NumberGenericTableElements) return nullptr;
  nt::Balanced* node = nt::after(Table, nullptr);
  for (ULONG i = 0; i < I; ++i) node = nt::after(Table, node);
  return nt::element_of(node);
}

PVOID RtlEnumerateGenericTableWithoutSplayingAvl(PRTL_AVL_TABLE Table, PVOID* RestartKey) {
  nt::enter("RtlEnumerateGenericTableWithoutSplayingAvl", nt::kDispatch);
  nt::Balanced* node = nt::after(Table, static_cast<nt::Balanced*>(*RestartKey));
  if (node == nullptr) return nullptr;
  *RestartKey = node;
  return nt::element_of(node);
}

PVOID RtlEnumerateGenericTableAvl(PRTL_AVL_TABLE Table, BOOLEAN Restart) {
  nt::enter("RtlEnumerateGenericTableAvl", nt::kDispatch);
  nt::Balanced* node = nt::after(Table, Restart ? nullptr : Table->RestartKey);
  if (node == nullptr) return nullptr;
  Table->RestartKey = node;
  return nt::element_of(node);
}

ULONG RtlNumberGenericTableElementsAvl(PRTL_AVL_TABLE Table) {
  nt::enter("RtlNumberGenericTableElementsAvl", nt::kDispatch);
  return Table->NumberGenericTableElements;
}

BOOLEAN RtlIsGenericTableEmptyAvl(PRTL_AVL_TABLE Table) {
  nt::enter("RtlIsGenericTableEmptyAvl", nt::kDispatch);
  return Table->NumberGenericTableElements == 0;
}

VOID RtlInitializeGenericTable(PRTL_GENERIC_TABLE Table, PRTL_GENERIC_COMPARE_ROUTINE CompareRoutine,
                               PRTL_GENERIC_ALLOCATE_ROUTINE AllocateRoutine,
                               PRTL_GENERIC_FREE_ROUTINE FreeRoutine, PVOID TableContext) {
  nt::touch("RtlInitializeGenericTable", nt::kDispatch);
  *Table = {};
  InitializeListHead(&Table->InsertOrderList);
  Table->OrderedPointer = &Table->InsertOrderList;
  Table->CompareRoutine = CompareRoutine;
  Table->AllocateRoutine = AllocateRoutine;
  Table->FreeRoutine = FreeRoutine;
  Table->TableContext = TableContext;
}

PVOID RtlInsertElementGenericTable(PRTL_GENERIC_TABLE Table, PVOID Buffer, CLONG BufferSize,
                                   PBOOLEAN NewElement) {
  nt::enter("RtlInsertElementGenericTable", nt::kDispatch);
  const nt::SplayPlace place = nt::find(Table, Buffer);
  if (NewElement != nullptr) *NewElement = FALSE;
  if (place.result == TableFoundNode) return nt::element_of(place.node);
  auto* node = static_cast<nt::SplayNode*>(nt::call_driver(
      [&] { return Table->AllocateRoutine(Table, BufferSize + static_cast<ULONG>(sizeof(nt::SplayNode))); }));
  if (node == nullptr) return nullptr;
  *node = {};
  std::memcpy(nt::element_of(node), Buffer, BufferSize);
  InsertTailList(&Table->InsertOrderList, &node->inserted);
  if (place.result == TableEmptyTree) {
    Table->TableRoot = &node->links;
  } else {
    auto& parent = place.node->links;
    (place.result == TableInsertAsLeft ? parent.LeftChild : parent.RightChild) = &node->links;
    node->links.Parent = &parent;
  }
  nt::splay(Table->TableRoot, &node->links);
  ++Table->NumberGenericTableElements;
  if (NewElement != nullptr) *NewElement = TRUE;
  return nt::element_of(node);
}

BOOLEAN RtlDeleteElementGenericTable(PRTL_GENERIC_TABLE Table, PVOID Buffer) {
  nt::enter("RtlDeleteElementGenericTable", nt::kDispatch);
  const nt::SplayPlace place = nt::find(Table, Buffer);
  if (place.result != TableFoundNode) return FALSE;
  nt::remove(Table->TableRoot, &place.node->links);
  if (Table->TableRoot != nullptr) Table->TableRoot->Parent = Table->TableRoot;
  RemoveEntryList(&place.node->inserted);
  --Table->NumberGenericTableElements;
  Table->WhichOrderedElement = 0;
  Table->OrderedPointer = &Table->InsertOrderList;
  nt::call_driver([&] {
    Table->FreeRoutine(Table, place.node);
    return 0;
  });
  return TRUE;
}

PVOID RtlLookupElementGenericTable(PRTL_GENERIC_TABLE Table, PVOID Buffer) {
  nt::enter("RtlLookupElementGenericTable", nt::kDispatch);
  const nt::SplayPlace place = nt::find(Table, Buffer);
  if (place.node != nullptr) nt::splay(Table->TableRoot, &place.node->links);
  return place.result == TableFoundNode ? nt::element_of(place.node) : nullptr;
}

// By order of insertion.
PVOID RtlGetElementGenericTable(PRTL_GENERIC_TABLE Table, ULONG I) {
  nt::enter("RtlGetElementGenericTable", nt::kDispatch);
  if (I >= Table->NumberGenericTableElements) return nullptr;
  LIST_ENTRY* entry = Table->InsertOrderList.Flink;
  for (ULONG i = 0; i < I; ++i) entry = entry->Flink;
  return nt::element_of(nt::node_of(entry));
}

PVOID RtlEnumerateGenericTableWithoutSplaying(PRTL_GENERIC_TABLE Table, PVOID* RestartKey) {
  nt::enter("RtlEnumerateGenericTableWithoutSplaying", nt::kDispatch);
  nt::Splay* links = nt::after(Table, static_cast<nt::Splay*>(*RestartKey));
  if (links == nullptr) return nullptr;
  *RestartKey = links;
  return nt::element_of(nt::whole(links));
}

// Where it stands is remembered in the table's OrderedPointer, which only RtlGetElementGenericTable would use else.
PVOID RtlEnumerateGenericTable(PRTL_GENERIC_TABLE Table, BOOLEAN Restart) {
  nt::enter("RtlEnumerateGenericTable", nt::kDispatch);
  const bool begins = Restart || Table->OrderedPointer == &Table->InsertOrderList;
  nt::Splay* links = nt::after(Table, begins ? nullptr : &nt::node_of(Table->OrderedPointer)->links);
  if (links == nullptr) return nullptr;
  Table->OrderedPointer = &nt::whole(links)->inserted;
  return nt::element_of(nt::whole(links));
}

ULONG RtlNumberGenericTableElements(PRTL_GENERIC_TABLE Table) {
  nt::enter("RtlNumberGenericTableElements", nt::kDispatch);
  return Table->NumberGenericTableElements;
}

BOOLEAN RtlIsGenericTableEmpty(PRTL_GENERIC_TABLE Table) {
  nt::enter("RtlIsGenericTableEmpty", nt::kDispatch);
  return Table->NumberGenericTableElements == 0;
}

}  // extern "C"
