// SPDX-License-Identifier: MIT
#include "engine/checkpoint/Unpickler.h"

#include "engine/checkpoint/PickleOpcodes.h"
#include "engine/checkpoint/PickleStack.h"
#include "engine/checkpoint/PickleText.h"
#include "engine/core/Error.h"

#include <cstring>
#include <locale>
#include <sstream>

namespace mixer::checkpoint {

namespace {

constexpr std::size_t kMaxLine = 4096;                      // of a number or a name in text form
constexpr std::size_t kMaxOldText = std::size_t{16} << 20;  // of a text of protocol 0, which is copied
constexpr std::size_t kMaxLongBytes = 1024;                 // of an integer
constexpr unsigned kMaxProtocol = 5;

/// Reads the instructions one after another; what they do to values is PickleStack's.
class Machine {
public:
    Machine(std::string_view bytes, const std::string& origin)
        : m_bytes(bytes)
        , m_stack(origin)
    {
    }

    Pickle run()
    {
        for (;;) {
            m_stack.beginInstruction(m_position);
            const auto code = static_cast<unsigned char>(take(1)[0]);
            if (code == opcode::kStop)
                break;
            if (!pushConstant(code) && !pushNumber(code) && !pushText(code) && !build(code) && !extend(code)
                && !remember(code) && !name(code) && !call(code) && !frame(code)) {
                std::ostringstream text;
                text << "unknown instruction 0x" << std::hex << static_cast<unsigned>(code);
                fail(text.str());
            }
        }
        return m_stack.finish(m_position);
    }

private:
    [[noreturn]] void fail(const std::string& message) const { m_stack.fail(message); }

    // ---- bytes

    std::string_view take(std::uint64_t count)
    {
        if (count > m_bytes.size() - m_position)
            fail("it breaks off (" + std::to_string(count) + " bytes expected, "
                 + std::to_string(m_bytes.size() - m_position) + " left)");
        const std::string_view result = m_bytes.substr(m_position, static_cast<std::size_t>(count));
        m_position += static_cast<std::size_t>(count);
        return result;
    }

    std::uint64_t takeNumber(int bytes)
    {
        const std::string_view text = take(static_cast<std::uint64_t>(bytes));
        std::uint64_t value = 0;
        for (int i = bytes - 1; i >= 0; --i)
            value = value << 8 | static_cast<unsigned char>(text[static_cast<std::size_t>(i)]);
        return value;
    }

    std::string_view takeLine(std::size_t limit)
    {
        const std::size_t length = m_bytes.substr(m_position, limit + 1).find('\n');
        if (length == std::string_view::npos)
            fail("a line does not end within " + std::to_string(limit) + " bytes");
        const std::string_view line = take(length);
        take(1);
        return line;
    }

    // ---- constants, numbers, texts

    bool pushConstant(unsigned char code)
    {
        if (code == opcode::kNone)
            m_stack.make(PickleKind::None);
        else if (code == opcode::kNewTrue || code == opcode::kNewFalse)
            m_stack.make(PickleKind::Bool).integer = code == opcode::kNewTrue ? 1 : 0;
        else
            return false;
        return true;
    }

    bool pushNumber(unsigned char code)
    {
        switch (code) {
        case opcode::kBinInt:
            pushInteger(static_cast<std::int32_t>(static_cast<std::uint32_t>(takeNumber(4))));
            return true;
        case opcode::kBinInt1:
            pushInteger(static_cast<std::int64_t>(takeNumber(1)));
            return true;
        case opcode::kBinInt2:
            pushInteger(static_cast<std::int64_t>(takeNumber(2)));
            return true;
        case opcode::kLong1:
            pushLong(take(takeNumber(1)));
            return true;
        case opcode::kLong4:
            pushLong(take(takeNumber(4)));
            return true;
        case opcode::kInt:
        case opcode::kLong:
            pushDecimal(takeLine(kMaxLine), code);
            return true;
        case opcode::kBinFloat:
            pushBinaryFloat();
            return true;
        case opcode::kFloat:
            pushTextFloat(takeLine(kMaxLine));
            return true;
        default:
            return false;
        }
    }

    void pushInteger(std::int64_t number) { m_stack.make(PickleKind::Int).integer = number; }

    void pushLong(std::string_view bytes)
    {
        if (bytes.size() > kMaxLongBytes)
            fail("an integer of " + std::to_string(bytes.size()) + " bytes");
        if (bytes.size() > 8) {
            const std::string_view text = m_stack.keep(hexText(bytes));
            m_stack.make(PickleKind::BigInt).text = text;
            return;
        }
        std::uint64_t number = !bytes.empty() && (static_cast<unsigned char>(bytes.back()) & 0x80U) != 0 ? ~0ULL : 0;
        for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte)
            number = number << 8 | static_cast<unsigned char>(*byte);
        std::int64_t result = 0;
        std::memcpy(&result, &number, sizeof result);
        pushInteger(result);
    }

    void pushDecimal(std::string_view text, unsigned char code)
    {
        if (code == opcode::kInt && (text == "00" || text == "01")) {
            m_stack.make(PickleKind::Bool).integer = text == "01" ? 1 : 0;
            return;
        }
        if (code == opcode::kLong && !text.empty() && text.back() == 'L')
            text.remove_suffix(1);
        if (!isDecimal(text))
            fail("a malformed integer");
        constexpr std::size_t kSafeDigits = 18;
        if (text.size() <= kSafeDigits)
            pushInteger(std::stoll(std::string(text)));
        else
            m_stack.make(PickleKind::BigInt).text = text;
    }

    void pushBinaryFloat()
    {
        std::uint64_t bits = 0;
        for (const char byte : take(8))
            bits = bits << 8 | static_cast<unsigned char>(byte);
        std::memcpy(&m_stack.make(PickleKind::Float).number, &bits, sizeof bits);
    }

    void pushTextFloat(std::string_view text)
    {
        std::istringstream stream{std::string(text)};
        stream.imbue(std::locale::classic());
        double number = 0;
        if (!(stream >> number) || !stream.eof())
            fail("a malformed number (infinite ones are read in binary protocols only)");
        m_stack.make(PickleKind::Float).number = number;
    }

    bool pushText(unsigned char code)
    {
        switch (code) {
        case opcode::kShortBinUnicode:
            pushUnicode(take(takeNumber(1)));
            return true;
        case opcode::kBinUnicode:
            pushUnicode(take(takeNumber(4)));
            return true;
        case opcode::kBinUnicode8:
            pushUnicode(take(takeNumber(8)));
            return true;
        case opcode::kShortBinBytes:
            m_stack.make(PickleKind::Bytes).text = take(takeNumber(1));
            return true;
        case opcode::kBinBytes:
            m_stack.make(PickleKind::Bytes).text = take(takeNumber(4));
            return true;
        case opcode::kBinBytes8:
        case opcode::kByteArray8:
            m_stack.make(PickleKind::Bytes).text = take(takeNumber(8));
            return true;
        case opcode::kShortBinString:
            pushOldString(take(takeNumber(1)));
            return true;
        case opcode::kBinString:
            pushOldString(take(takeNumber(4)));
            return true;
        case opcode::kString:
            pushOldString(takeEscaped(false));
            return true;
        case opcode::kUnicode:
            pushUnicode(takeEscaped(true));
            return true;
        default:
            return false;
        }
    }

    std::string_view takeEscaped(bool unicode)
    {
        auto text = unescaped(takeLine(kMaxOldText), unicode);
        if (!text)
            fail("a text without its quotes or with a malformed escape");
        return m_stack.keep(std::move(*text));
    }

    void pushUnicode(std::string_view text)
    {
        if (!isUtf8(text))
            fail("a text that is not UTF-8");
        m_stack.make(PickleKind::String).text = text;
    }

    // Python 2 wrote texts and bytes alike.
    void pushOldString(std::string_view text)
    {
        m_stack.make(isUtf8(text) ? PickleKind::String : PickleKind::Bytes).text = text;
    }

    // ---- containers

    bool build(unsigned char code)
    {
        switch (code) {
        case opcode::kMark:
            m_stack.mark();
            return true;
        case opcode::kEmptyList:
            m_stack.make(PickleKind::List);
            return true;
        case opcode::kEmptyTuple:
            m_stack.make(PickleKind::Tuple);
            return true;
        case opcode::kEmptyDict:
            m_stack.make(PickleKind::Dict);
            return true;
        case opcode::kEmptySet:
            m_stack.make(PickleKind::Set);
            return true;
        case opcode::kList:
            m_stack.makeOf(PickleKind::List, m_stack.popToMark());
            return true;
        case opcode::kTuple:
            m_stack.makeOf(PickleKind::Tuple, m_stack.popToMark());
            return true;
        case opcode::kDict:
            m_stack.makeOf(PickleKind::Dict, m_stack.pairs(m_stack.popToMark()));
            return true;
        case opcode::kFrozenSet:
            m_stack.makeOf(PickleKind::Set, m_stack.popToMark());
            return true;
        case opcode::kTuple1:
        case opcode::kTuple2:
        case opcode::kTuple3:
            m_stack.makeOf(PickleKind::Tuple, m_stack.popCount(std::size_t{1} + code - opcode::kTuple1));
            return true;
        default:
            return false;
        }
    }

    bool extend(unsigned char code)
    {
        switch (code) {
        case opcode::kAppend:
            m_stack.append(m_stack.popCount(1), false);
            return true;
        case opcode::kAppends:
        case opcode::kAddItems:
            m_stack.append(m_stack.popToMark(), false);
            return true;
        case opcode::kSetItem:
            m_stack.append(m_stack.popCount(2), true);
            return true;
        case opcode::kSetItems:
            m_stack.append(m_stack.pairs(m_stack.popToMark()), true);
            return true;
        case opcode::kPop:
            m_stack.drop();
            return true;
        case opcode::kPopMark:
            m_stack.popToMark();
            return true;
        case opcode::kDup:
            m_stack.push(m_stack.top());
            return true;
        default:
            return false;
        }
    }

    // ---- memo

    bool remember(unsigned char code)
    {
        switch (code) {
        case opcode::kPut:
            m_stack.memoize(takeIndex());
            return true;
        case opcode::kBinPut:
            m_stack.memoize(takeNumber(1));
            return true;
        case opcode::kLongBinPut:
            m_stack.memoize(takeNumber(4));
            return true;
        case opcode::kMemoize:
            m_stack.memoizeNext();
            return true;
        case opcode::kGet:
            m_stack.recall(takeIndex());
            return true;
        case opcode::kBinGet:
            m_stack.recall(takeNumber(1));
            return true;
        case opcode::kLongBinGet:
            m_stack.recall(takeNumber(4));
            return true;
        default:
            return false;
        }
    }

    std::uint64_t takeIndex()
    {
        const std::string_view text = takeLine(kMaxLine);
        constexpr std::size_t kMaxDigits = 10;
        if (!isDecimal(text) || text.front() == '-' || text.size() > kMaxDigits)
            fail("a malformed memo number");
        return static_cast<std::uint64_t>(std::stoll(std::string(text)));
    }

    // ---- names and calls: noted, never followed

    bool name(unsigned char code)
    {
        if (code == opcode::kGlobal) {
            m_stack.pushGlobal(takeName());
        } else if (code == opcode::kStackGlobal) {
            const std::vector<PickleId> parts = m_stack.popCount(2);
            if (m_stack.value(parts[0]).kind != PickleKind::String
                || m_stack.value(parts[1]).kind != PickleKind::String)
                fail("a name that is no text");
            const std::size_t length = m_stack.value(parts[0]).text.size() + m_stack.value(parts[1]).text.size();
            if (length > kMaxLine)
                fail("a name of " + std::to_string(length) + " bytes");
            m_stack.pushGlobal(std::string(m_stack.value(parts[0]).text) + "."
                               + std::string(m_stack.value(parts[1]).text));
        } else {
            return false;
        }
        return true;
    }

    std::string takeName()
    {
        std::string text(takeLine(kMaxLine));
        text += '.';
        text += takeLine(kMaxLine);
        return text;
    }

    bool call(unsigned char code)
    {
        switch (code) {
        case opcode::kReduce:
        case opcode::kNewObj: {
            const std::vector<PickleId> parts = m_stack.popCount(2);
            m_stack.pushObject(parts[0], parts[1]);
            return true;
        }
        case opcode::kNewObjEx: {
            const std::vector<PickleId> parts = m_stack.popCount(3);
            m_stack.pushObject(parts[0], parts[1]);
            return true;
        }
        case opcode::kInst: {
            m_stack.makeOf(PickleKind::Tuple, m_stack.popToMark());
            const PickleId args = m_stack.pop();
            m_stack.pushGlobal(takeName());
            m_stack.pushObject(m_stack.pop(), args);
            return true;
        }
        case opcode::kObj: {
            std::vector<PickleId> items = m_stack.popToMark();
            if (items.empty())
                fail("a call of nothing");
            const PickleId callable = items.front();
            items.erase(items.begin());
            m_stack.makeOf(PickleKind::Tuple, std::move(items));
            m_stack.pushObject(callable, m_stack.pop());
            return true;
        }
        case opcode::kBuild:
            m_stack.setState();
            return true;
        case opcode::kBinPersId: {
            const PickleId key = m_stack.pop();
            m_stack.make(PickleKind::Persistent).args = key;
            return true;
        }
        case opcode::kPersId:
            fail("a persistent key in text form, which torch never writes");
        default:
            return false;
        }
    }

    bool frame(unsigned char code)
    {
        if (code == opcode::kProto) {
            const std::uint64_t protocol = takeNumber(1);
            if (protocol > kMaxProtocol)
                fail("protocol " + std::to_string(protocol) + "; at most 5 is known");
        } else if (code == opcode::kFrame) {
            if (takeNumber(8) > m_bytes.size() - m_position)
                fail("a frame passes the end");
        } else {
            return false;
        }
        return true;
    }

    std::string_view m_bytes;
    std::size_t m_position = 0;
    PickleStack m_stack;
};

}  // namespace

Pickle readPickle(std::string_view bytes, const std::string& origin)
{
    return Machine(bytes, origin).run();
}

}  // namespace mixer::checkpoint
