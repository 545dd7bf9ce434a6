// SPDX-License-Identifier: MIT
#pragma once

#include <stdexcept>
#include <string>

namespace mixer {

/// What went wrong, for callers that act on it. The message is for people.
enum class ErrorKind {
    File,    ///< cannot be read or written
    Format,  ///< the bytes are not what the format promises
    Model,   ///< configuration and tensors contradict each other
    Image,   ///< not a picture that can be decoded or prepared
    Memory,  ///< would need, or did need, more memory than there is
    Usage,   ///< a request that cannot be met: unknown mixer, class, device ...
};

/// The one exception type for failures that a user's data can cause. The message says what was expected, what was
/// found and, where it helps, what to do; it names the file and the tensor. Programming errors are asserts instead.
class Error : public std::runtime_error {
public:
    Error(ErrorKind kind, const std::string& message)
        : std::runtime_error(message)
        , m_kind(kind)
    {
    }
    ErrorKind kind() const noexcept { return m_kind; }

private:
    ErrorKind m_kind;
};

/// Thrown by CancelToken::check(). Not an Error: nothing failed.
class Cancelled : public std::exception {
public:
    const char* what() const noexcept override { return "cancelled"; }
};

}  // namespace mixer
