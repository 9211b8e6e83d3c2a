// A list of elements that have the links in them and belong to somebody else, so that neither adding nor removing one
// allocates. An element is a ListElement<T> and in one list at most.
#pragma once

namespace fltsim::nt {

template <class T>
class IntrusiveList;

template <class T>
class ListElement {
 protected:
  ListElement() = default;
  ~ListElement() = default;
  ListElement(const ListElement&) {}  // a copy is in no list
  ListElement& operator=(const ListElement&) { return *this; }

 private:
  friend class IntrusiveList<T>;
  T* next_ = nullptr;
  T* previous_ = nullptr;
};

template <class T>
class IntrusiveList {
 public:
  IntrusiveList() = default;
  IntrusiveList(const IntrusiveList&) = delete;
  IntrusiveList& operator=(const IntrusiveList&) = delete;

  bool empty() const { return first_ == nullptr; }
  T* first() const { return first_; }
  T* last() const { return last_; }
  static T* next(const T& element) { return element.ListElement<T>::next_; }

  void push_back(T& element) {
    element.ListElement<T>::next_ = nullptr;
    element.ListElement<T>::previous_ = last_;
    (last_ != nullptr ? last_->ListElement<T>::next_ : first_) = &element;
    last_ = &element;
  }

  void erase(T& element) {
    T* const next = element.ListElement<T>::next_;
    T* const previous = element.ListElement<T>::previous_;
    (previous != nullptr ? previous->ListElement<T>::next_ : first_) = next;
    (next != nullptr ? next->ListElement<T>::previous_ : last_) = previous;
  }

  T* pop_front() {  // null: it is empty
    T* const element = first_;
    if (element != nullptr) erase(*element);
    return element;
  }

 private:
  T* first_ = nullptr;
  T* last_ = nullptr;
};

}  // namespace fltsim::nt
