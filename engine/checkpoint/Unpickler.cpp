// SPDX-License-Identifier: MIT
#include "engine/checkpoint/Unpickler.h"

#include "engine/checkpoint/Messages.h"
#include "engine/checkpoint/PickleOpcodes.h"
#include "engine/checkpoint/PickleText.h"
#include "engine/core/Error.h"

#include <algorithm>
#include <cstring>
#include <locale>
#include <sstream>

namespace mixer::checkpoint {

namespace {

// Far beyond real checkpoints (a state_dict takes about 40 values a tensor), far below what memory holds.
constexpr std::size_t kMaxValues = std::size_t{1} << 21;
constexpr std::size_t kMaxLinks = std::size_t{1} << 24;
constexpr std::size_t kMaxMemo = std::size_t{1} << 21;
constexpr std::size_t kMaxGlobals = std::size_t{1} << 14;
constexpr std::size_t kMaxLine = 4096;                      // of a number or a name in text form
constexpr std::size_t kMaxOldText = std::size_t{16} << 20;  // of a text of protocol 0, which is copied
constexpr std::size_t kMaxLongBytes = 1024;                 // of an integer
constexpr unsigned kMaxProtocol = 5;

class Machine {
public:
    Machine(std::string_view bytes, std::string origin)
        : m_bytes(bytes)
        , m_origin(std::move(origin))
    {
    }

    Pickle run()
    {
        for (;;) {
            m_instruction = m_position;
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
        m_pickle.root = pop();
        m_pickle.bytes = m_position;
        return std::move(m_pickle);
    }

private:
    [[noreturn]] void fail(const std::string& message) const
    {
        throw Error(ErrorKind::Format,
                    m_origin + "pickle, byte " + std::to_string(m_instruction) + ": " + message
                        + "; the file is damaged or not a checkpoint");
    }

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

    // ---- values and the stack

    PickleValue& make(PickleKind kind)
    {
        if (m_pickle.values.size() == kMaxValues)
            fail("more than " + std::to_string(kMaxValues) + " values");
        push(static_cast<PickleId>(m_pickle.values.size()));
        m_pickle.values.emplace_back();
        m_pickle.values.back().kind = kind;
        return m_pickle.values.back();
    }

    void push(PickleId id)
    {
        countLinks(1);  // nearly every link between values was pushed once
        m_stack.push_back(id);
    }

    void countLinks(std::size_t count)
    {
        m_links += count;
        if (m_links > kMaxLinks)
            fail("more than " + std::to_string(kMaxLinks) + " links between values");
    }

    std::size_t floor() const { return m_marks.empty() ? 0 : m_marks.back(); }

    PickleId top() const
    {
        if (m_stack.size() <= floor())
            fail("an instruction needs a value that is not there");
        return m_stack.back();
    }

    PickleId pop()
    {
        const PickleId id = top();
        m_stack.pop_back();
        return id;
    }

    std::vector<PickleId> popCount(std::size_t count)
    {
        if (m_stack.size() - floor() < count)
            fail("an instruction needs values that are not there");
        std::vector<PickleId> items(m_stack.end() - static_cast<std::ptrdiff_t>(count), m_stack.end());
        m_stack.resize(m_stack.size() - count);
        return items;
    }

    std::vector<PickleId> popToMark()
    {
        if (m_marks.empty())
            fail("an instruction needs a mark that is not there");
        std::vector<PickleId> items = popCount(m_stack.size() - m_marks.back());
        m_marks.pop_back();
        return items;
    }

    PickleValue& value(PickleId id) { return m_pickle.values[id]; }

    std::string_view keep(std::string text) { return m_pickle.texts.emplace_back(std::move(text)); }

    // ---- constants, numbers, texts

    bool pushConstant(unsigned char code)
    {
        if (code == opcode::kNone)
            make(PickleKind::None);
        else if (code == opcode::kNewTrue || code == opcode::kNewFalse)
            make(PickleKind::Bool).integer = code == opcode::kNewTrue ? 1 : 0;
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

    void pushInteger(std::int64_t number) { make(PickleKind::Int).integer = number; }

    void pushLong(std::string_view bytes)
    {
        if (bytes.size() > kMaxLongBytes)
            fail("an integer of " + std::to_string(bytes.size()) + " bytes");
        if (bytes.size() > 8) {
            const std::string_view text = keep(hexText(bytes));
            make(PickleKind::BigInt).text = text;
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
            make(PickleKind::Bool).integer = text == "01" ? 1 : 0;
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
            make(PickleKind::BigInt).text = text;
    }

    void pushBinaryFloat()
    {
        std::uint64_t bits = 0;
        for (const char byte : take(8))
            bits = bits << 8 | static_cast<unsigned char>(byte);
        std::memcpy(&make(PickleKind::Float).number, &bits, sizeof bits);
    }

    void pushTextFloat(std::string_view text)
    {
        std::istringstream stream{std::string(text)};
        stream.imbue(std::locale::classic());
        double number = 0;
        if (!(stream >> number) || !stream.eof())
            fail("a malformed number (infinite ones are read in binary protocols only)");
        make(PickleKind::Float).number = number;
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
            make(PickleKind::Bytes).text = take(takeNumber(1));
            return true;
        case opcode::kBinBytes:
            make(PickleKind::Bytes).text = take(takeNumber(4));
            return true;
        case opcode::kBinBytes8:
        case opcode::kByteArray8:
            make(PickleKind::Bytes).text = take(takeNumber(8));
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
        return keep(std::move(*text));
    }

    void pushUnicode(std::string_view text)
    {
        if (!isUtf8(text))
            fail("a text that is not UTF-8");
        make(PickleKind::String).text = text;
    }

    // Python 2 wrote texts and bytes alike.
    void pushOldString(std::string_view text)
    {
        make(isUtf8(text) ? PickleKind::String : PickleKind::Bytes).text = text;
    }

    // ---- containers

    bool build(unsigned char code)
    {
        switch (code) {
        case opcode::kMark:
            countLinks(1);
            m_marks.push_back(m_stack.size());
            return true;
        case opcode::kEmptyList:
            make(PickleKind::List);
            return true;
        case opcode::kEmptyTuple:
            make(PickleKind::Tuple);
            return true;
        case opcode::kEmptyDict:
            make(PickleKind::Dict);
            return true;
        case opcode::kEmptySet:
            make(PickleKind::Set);
            return true;
        case opcode::kList:
            makeOf(PickleKind::List, popToMark());
            return true;
        case opcode::kTuple:
            makeOf(PickleKind::Tuple, popToMark());
            return true;
        case opcode::kDict:
            makeOf(PickleKind::Dict, pairs(popToMark()));
            return true;
        case opcode::kFrozenSet:
            makeOf(PickleKind::Set, popToMark());
            return true;
        case opcode::kTuple1:
        case opcode::kTuple2:
        case opcode::kTuple3:
            makeOf(PickleKind::Tuple, popCount(std::size_t{1} + code - opcode::kTuple1));
            return true;
        default:
            return false;
        }
    }

    void makeOf(PickleKind kind, std::vector<PickleId> items) { make(kind).items = std::move(items); }

    std::vector<PickleId> pairs(std::vector<PickleId> items) const
    {
        if (items.size() % 2 != 0)
            fail("a key without a value");
        return items;
    }

    bool extend(unsigned char code)
    {
        switch (code) {
        case opcode::kAppend:
            append(popCount(1), false);
            return true;
        case opcode::kAppends:
        case opcode::kAddItems:
            append(popToMark(), false);
            return true;
        case opcode::kSetItem:
            append(popCount(2), true);
            return true;
        case opcode::kSetItems:
            append(pairs(popToMark()), true);
            return true;
        case opcode::kPop:
            if (m_stack.size() == floor() && !m_marks.empty())
                m_marks.pop_back();
            else
                pop();
            return true;
        case opcode::kPopMark:
            popToMark();
            return true;
        case opcode::kDup:
            push(top());
            return true;
        default:
            return false;
        }
    }

    void append(const std::vector<PickleId>& items, bool mapping)
    {
        PickleValue& target = value(top());
        const bool isObject
            = target.kind == PickleKind::Object && (target.items.empty() || target.isMapping == mapping);
        const bool isList = target.kind == PickleKind::List || target.kind == PickleKind::Set;
        if (!isObject && !(mapping ? target.kind == PickleKind::Dict : isList))
            fail("items are put into a value that takes none");
        target.isMapping = mapping && target.kind == PickleKind::Object;
        target.items.insert(target.items.end(), items.begin(), items.end());
    }

    // ---- memo

    bool remember(unsigned char code)
    {
        switch (code) {
        case opcode::kPut:
            memoize(takeIndex());
            return true;
        case opcode::kBinPut:
            memoize(takeNumber(1));
            return true;
        case opcode::kLongBinPut:
            memoize(takeNumber(4));
            return true;
        case opcode::kMemoize:
            memoize(m_memoized);
            return true;
        case opcode::kGet:
            recall(takeIndex());
            return true;
        case opcode::kBinGet:
            recall(takeNumber(1));
            return true;
        case opcode::kLongBinGet:
            recall(takeNumber(4));
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

    // Python numbers them from 0 on, so a table does; no chosen number can make it larger than its bound.
    void memoize(std::uint64_t index)
    {
        if (index >= kMaxMemo)
            fail("memo entry " + std::to_string(index) + "; at most " + std::to_string(kMaxMemo) + " are read");
        if (index >= m_memo.size())
            m_memo.resize(static_cast<std::size_t>(index) + 1, kNoValue);
        PickleId& entry = m_memo[static_cast<std::size_t>(index)];
        m_memoized += entry == kNoValue ? 1 : 0;
        entry = top();
    }

    void recall(std::uint64_t index)
    {
        if (index >= m_memo.size() || m_memo[static_cast<std::size_t>(index)] == kNoValue)
            fail("memo entry " + std::to_string(index) + " was never set");
        push(m_memo[static_cast<std::size_t>(index)]);
    }

    // ---- names and calls: noted, never followed

    bool name(unsigned char code)
    {
        if (code == opcode::kGlobal) {
            pushGlobal(takeName());
        } else if (code == opcode::kStackGlobal) {
            const std::vector<PickleId> parts = popCount(2);
            if (value(parts[0]).kind != PickleKind::String || value(parts[1]).kind != PickleKind::String)
                fail("a name that is no text");
            const std::size_t length = value(parts[0]).text.size() + value(parts[1]).text.size();
            if (length > kMaxLine)
                fail("a name of " + std::to_string(length) + " bytes");
            pushGlobal(std::string(value(parts[0]).text) + "." + std::string(value(parts[1]).text));
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

    void pushGlobal(const std::string& text)
    {
        if (!isUtf8(text))
            fail("a name that is not UTF-8");
        const auto entry = m_pickle.globals.try_emplace(text).first;
        if (m_pickle.globals.size() > kMaxGlobals)
            fail("more than " + std::to_string(kMaxGlobals) + " names to import");
        ++entry->second.references;
        make(PickleKind::Global).text = entry->first;
    }

    void noteCall(PickleId callable)
    {
        if (value(callable).kind == PickleKind::Global)
            ++m_pickle.globals[std::string(value(callable).text)].calls;
    }

    bool call(unsigned char code)
    {
        switch (code) {
        case opcode::kReduce:
        case opcode::kNewObj: {
            const std::vector<PickleId> parts = popCount(2);
            pushObject(parts[0], parts[1]);
            return true;
        }
        case opcode::kNewObjEx: {
            const std::vector<PickleId> parts = popCount(3);
            pushObject(parts[0], parts[1]);
            return true;
        }
        case opcode::kInst: {
            makeOf(PickleKind::Tuple, popToMark());
            const PickleId args = pop();
            pushGlobal(takeName());
            pushObject(pop(), args);
            return true;
        }
        case opcode::kObj: {
            std::vector<PickleId> items = popToMark();
            if (items.empty())
                fail("a call of nothing");
            const PickleId callable = items.front();
            items.erase(items.begin());
            makeOf(PickleKind::Tuple, std::move(items));
            pushObject(callable, pop());
            return true;
        }
        case opcode::kBuild:
            setState();
            return true;
        case opcode::kBinPersId: {
            const PickleId key = pop();
            make(PickleKind::Persistent).args = key;
            return true;
        }
        case opcode::kPersId:
            fail("a persistent key in text form, which torch never writes");
        default:
            return false;
        }
    }

    void setState()
    {
        const PickleId state = pop();
        PickleValue& target = value(top());
        if (target.kind == PickleKind::Object)
            noteCall(target.callable);
        else if (target.kind != PickleKind::Dict)
            fail("a state for a value that has none");
        target.state = state;
    }

    // Dictionaries and sets in disguise become what they are; all else stays a call that is not made.
    void pushObject(PickleId callable, PickleId args)
    {
        noteCall(callable);
        if (value(args).kind != PickleKind::Tuple)
            fail("a call whose arguments are no tuple");
        const std::string_view text = value(callable).kind == PickleKind::Global ? value(callable).text : "";
        const std::vector<PickleId>& arguments = value(args).items;
        if (text == "collections.OrderedDict" || text == "builtins.dict" || text == "collections.defaultdict") {
            pushDict(arguments);
            return;
        }
        const bool isSet = text == "builtins.set" || text == "builtins.frozenset" || text == "__builtin__.set"
            || text == "__builtin__.frozenset";
        if (isSet && arguments.size() == 1 && value(arguments[0]).kind == PickleKind::List) {
            const std::vector<PickleId>& items = value(arguments[0]).items;
            countLinks(items.size());
            makeOf(PickleKind::Set, items);
            return;
        }
        PickleValue& object = make(PickleKind::Object);
        object.callable = callable;
        object.args = args;
    }

    // OrderedDict(), OrderedDict([[key, value], ...]) as Python 2 wrote it, defaultdict(factory).
    void pushDict(const std::vector<PickleId>& arguments)
    {
        std::vector<PickleId> items;
        if (arguments.size() == 1 && value(arguments[0]).kind == PickleKind::List) {
            for (const PickleId pair : value(arguments[0]).items) {
                if (value(pair).items.size() != 2)
                    fail("a dictionary's entry that is no pair");
                countLinks(2);
                items.insert(items.end(), value(pair).items.begin(), value(pair).items.end());
            }
        }
        makeOf(PickleKind::Dict, std::move(items));
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
    std::string m_origin;
    std::size_t m_position = 0;
    std::size_t m_instruction = 0;  // where the current one begins, for messages
    std::size_t m_links = 0;
    std::vector<PickleId> m_stack;
    std::vector<std::size_t> m_marks;
    std::vector<PickleId> m_memo;
    std::size_t m_memoized = 0;
    Pickle m_pickle;
};

}  // namespace

Pickle readPickle(std::string_view bytes, const std::string& origin)
{
    return Machine(bytes, origin).run();
}

}  // namespace mixer::checkpoint
