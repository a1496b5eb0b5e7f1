#pragma once

#include <type_traits>
#include <utility>

namespace troupe {

template <class Signature>
class Callback;

/// A function and whom it is for, as two pointers: what std::function does for us without its header, its
/// heap and its copies. It owns nothing: what it points at must outlive it.
///
///   Callback<void(int)>::to<&Control::on_readable>(control)   a method
///   Callback<void(int)>::of(lambda)                           anything callable that has a name and a life
template <class R, class... A>
class Callback<R(A...)> {
 public:
  using Function = R (*)(void* context, A...);

  Callback() = default;
  Callback(Function function, void* context) : function_(function), context_(context) {}

  template <auto Method, class T>
  static Callback to(T& object) {
    return {[](void* context, A... args) -> R {
              return (static_cast<T*>(context)->*Method)(std::forward<A>(args)...);
            },
            &object};
  }

  template <class F>
  static Callback of(F& callable) {
    return {
        [](void* context, A... args) -> R { return (*static_cast<F*>(context))(std::forward<A>(args)...); },
        const_cast<void*>(static_cast<const void*>(&callable))};
  }

  explicit operator bool() const { return function_ != nullptr; }
  R operator()(A... args) const { return function_(context_, std::forward<A>(args)...); }

 private:
  Function function_ = nullptr;
  void* context_ = nullptr;
};

}  // namespace troupe
