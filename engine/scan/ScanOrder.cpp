// SPDX-License-Identifier: MIT
#include "engine/scan/ScanOrder.h"

#include "engine/core/Error.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iterator>
#include <limits>
#include <list>
#include <map>
#include <mutex>
#include <new>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

namespace mixer {

namespace {

using Index = std::int64_t;  // H*W fits 31 bits, the sums and squares on the way there do not

// An H x W grid being walked: collects the flat index of each visited cell.
class Walk {
public:
    Walk(Index rows, Index columns)
        : height(rows)
        , width(columns)
    {
        m_order.reserve(static_cast<std::size_t>(rows * columns));
    }

    void visit(Index y, Index x) { m_order.push_back(static_cast<std::int32_t>(y * width + x)); }
    std::vector<std::int32_t> take() { return std::move(m_order); }

    const Index height;
    const Index width;

private:
    std::vector<std::int32_t> m_order;
};

void walkRow(Walk& walk, int)
{
    for (Index y = 0; y < walk.height; ++y)
        for (Index x = 0; x < walk.width; ++x)
            walk.visit(y, x);
}

void walkColumn(Walk& walk, int)
{
    for (Index x = 0; x < walk.width; ++x)
        for (Index y = 0; y < walk.height; ++y)
            walk.visit(y, x);
}

void walkSerpentineRow(Walk& walk, int)
{
    for (Index y = 0; y < walk.height; ++y)
        for (Index i = 0; i < walk.width; ++i)
            walk.visit(y, y % 2 == 0 ? i : walk.width - 1 - i);
}

void walkSerpentineColumn(Walk& walk, int)
{
    for (Index x = 0; x < walk.width; ++x)
        for (Index i = 0; i < walk.height; ++i)
            walk.visit(x % 2 == 0 ? i : walk.height - 1 - i, x);
}

void walkDiagonal(Walk& walk, int)
{
    for (Index sum = 0; sum <= walk.height + walk.width - 2; ++sum) {
        const Index top = std::max<Index>(0, sum - (walk.width - 1));
        const Index bottom = std::min(sum, walk.height - 1);
        for (Index i = 0; i <= bottom - top; ++i) {
            const Index y = sum % 2 == 0 ? bottom - i : top + i;
            walk.visit(y, sum - y);
        }
    }
}

struct Vector {
    Index x = 0;
    Index y = 0;
};

Vector operator+(Vector a, Vector b)
{
    return {a.x + b.x, a.y + b.y};
}
Vector operator-(Vector a, Vector b)
{
    return {a.x - b.x, a.y - b.y};
}
Vector operator-(Vector a)
{
    return {-a.x, -a.y};
}

// Every vector of the curve lies along one axis.
Index length(Vector v)
{
    return std::abs(v.x + v.y);
}

Vector unit(Vector v)
{
    const auto sign = [](Index value) { return static_cast<Index>((value > 0) - (value < 0)); };
    return {sign(v.x), sign(v.y)};
}

// Rounds toward minus infinity, which C++'s division does not.
Vector half(Vector v)
{
    const auto floorHalf = [](Index value) { return (value - (value < 0 ? 1 : 0)) / 2; };
    return {floorHalf(v.x), floorHalf(v.y)};
}

// Half of a side, made even where the side allows it: an even part ends where the next part begins.
Vector evenHalf(Vector side)
{
    const Vector part = half(side);
    return length(part) % 2 != 0 && length(side) > 2 ? part + unit(side) : part;
}

// A rectangle that the Hilbert curve enters at `origin` and leaves at the far end of `major`.
struct HilbertBlock {
    Vector origin;
    Vector major;
    Vector minor;
};

// An explicit stack, last block first. Each split about halves a side, so it stays a few dozen blocks deep.
void splitHilbert(const HilbertBlock& block, std::vector<HilbertBlock>& stack)
{
    const auto [origin, major, minor] = block;
    if (2 * length(major) > 3 * length(minor)) {
        const Vector part = evenHalf(major);
        stack.push_back({origin + part, major - part, minor});
        stack.push_back({origin, part, minor});
        return;
    }
    const Vector majorPart = half(major);
    const Vector minorPart = evenHalf(minor);
    const Vector lastCorner = origin + (major - unit(major)) + (minorPart - unit(minor));
    stack.push_back({lastCorner, -minorPart, -(major - majorPart)});
    stack.push_back({origin + minorPart, major, minor - minorPart});
    stack.push_back({origin, minorPart, majorPart});
}

void walkHilbert(Walk& walk, int)
{
    const Vector across{walk.width, 0};
    const Vector down{0, walk.height};
    const bool wide = walk.width >= walk.height;
    std::vector<HilbertBlock> stack{{{}, wide ? across : down, wide ? down : across}};
    while (!stack.empty()) {
        const HilbertBlock block = stack.back();
        stack.pop_back();
        if (length(block.major) > 1 && length(block.minor) > 1) {
            splitHilbert(block, stack);
            continue;
        }
        const Vector line = length(block.minor) == 1 ? block.major : block.minor;
        Vector at = block.origin;
        for (Index i = 0; i < length(line); ++i, at = at + unit(line))
            walk.visit(at.y, at.x);
    }
}

void walkSpiral(Walk& walk, int)
{
    Index top = 0;
    Index left = 0;
    Index bottom = walk.height - 1;
    Index right = walk.width - 1;
    while (top <= bottom && left <= right) {
        for (Index x = left; x <= right; ++x)
            walk.visit(top, x);
        for (Index y = top + 1; y <= bottom; ++y)
            walk.visit(y, right);
        if (top < bottom)
            for (Index x = right - 1; x >= left; --x)
                walk.visit(bottom, x);
        if (left < right)
            for (Index y = bottom - 1; y > top; --y)
                walk.visit(y, left);
        ++top;
        ++left;
        --bottom;
        --right;
    }
}

// Quarters a power-of-two square and drops quarters outside the grid, so a 1 x n grid costs O(n), not O(n^2).
void walkMorton(Walk& walk, int)
{
    struct Square {
        Index y, x, side;
    };
    Index side = 1;
    while (side < std::max(walk.height, walk.width))
        side *= 2;
    std::vector<Square> stack{{0, 0, side}};
    while (!stack.empty()) {
        const Square square = stack.back();
        stack.pop_back();
        if (square.y >= walk.height || square.x >= walk.width)
            continue;
        if (square.side == 1) {
            walk.visit(square.y, square.x);
            continue;
        }
        const Index part = square.side / 2;
        stack.push_back({square.y + part, square.x + part, part});
        stack.push_back({square.y + part, square.x, part});
        stack.push_back({square.y, square.x + part, part});
        stack.push_back({square.y, square.x, part});
    }
}

void walkWindows(Walk& walk, int k)
{
    for (Index windowY = 0; windowY < walk.height; windowY += k)
        for (Index windowX = 0; windowX < walk.width; windowX += k)
            for (Index y = windowY; y < std::min(windowY + k, walk.height); ++y)
                for (Index x = windowX; x < std::min(windowX + k, walk.width); ++x)
                    walk.visit(y, x);
}

void walkAtrous(Walk& walk, int k)
{
    for (Index phaseY = 0; phaseY < std::min<Index>(k, walk.height); ++phaseY)
        for (Index phaseX = 0; phaseX < std::min<Index>(k, walk.width); ++phaseX)
            for (Index y = phaseY; y < walk.height; y += k)
                for (Index x = phaseX; x < walk.width; x += k)
                    walk.visit(y, x);
}

// A row of the table of scans. `takesSize`: the name goes on with -k.
struct ScanKind {
    std::string_view name;
    void (*walk)(Walk&, int k);
    bool takesSize = false;
};

constexpr std::array<ScanKind, 10> kScans{{
    {"row", walkRow},
    {"column", walkColumn},
    {"serpentine-row", walkSerpentineRow},
    {"serpentine-column", walkSerpentineColumn},
    {"diagonal", walkDiagonal},
    {"hilbert", walkHilbert},
    {"spiral", walkSpiral},
    {"morton", walkMorton},
    {"window", walkWindows, true},
    {"atrous", walkAtrous, true},
}};

struct ParsedName {
    const ScanKind* kind = nullptr;
    int k = 0;
    bool reversed = false;
};

// k as its name writes it: "2" to "1024", no sign, no leading zero.
std::optional<int> parseSize(std::string_view text)
{
    if (text.empty() || text.size() > 4 || text.front() == '0')
        return std::nullopt;
    int k = 0;
    for (const char c : text) {
        if (c < '0' || c > '9')
            return std::nullopt;
        k = 10 * k + (c - '0');
    }
    return k >= 2 && k <= ScanOrder::kMaxWindow ? std::optional<int>(k) : std::nullopt;
}

std::optional<ParsedName> parseName(std::string_view name)
{
    constexpr std::string_view kReverse = "-reverse";
    ParsedName parsed;
    if (name.size() > kReverse.size() && name.substr(name.size() - kReverse.size()) == kReverse) {
        parsed.reversed = true;
        name.remove_suffix(kReverse.size());
    }
    for (const ScanKind& kind : kScans) {
        if (name.substr(0, kind.name.size()) != kind.name)
            continue;
        const std::string_view rest = name.substr(kind.name.size());
        if (!kind.takesSize && rest.empty()) {
            parsed.kind = &kind;
            return parsed;
        }
        const auto k
            = kind.takesSize && !rest.empty() && rest.front() == '-' ? parseSize(rest.substr(1)) : std::nullopt;
        if (k) {
            parsed.kind = &kind;
            parsed.k = *k;
            return parsed;
        }
    }
    return std::nullopt;
}

ParsedName requireName(const std::string& name)
{
    if (const auto parsed = parseName(name))
        return *parsed;
    std::string known;
    for (const ScanKind& kind : kScans)
        known += (known.empty() ? "" : ", ") + std::string(kind.name) + (kind.takesSize ? "-k" : "");
    throw Error(ErrorKind::Usage,
                "unknown scan '" + name.substr(0, 100) + "'; expected one of " + known + " (k from 2 to "
                    + std::to_string(ScanOrder::kMaxWindow) + "), each also with the suffix -reverse");
}

void requireGrid(const std::string& name, int height, int width)
{
    const std::string grid = std::to_string(height) + " x " + std::to_string(width);
    if (height < 1 || width < 1) {
        throw Error(ErrorKind::Usage,
                    "scan '" + name + "' needs a grid of at least 1 x 1 tokens (height x width), found " + grid);
    }
    if (static_cast<Index>(height) * width > std::numeric_limits<std::int32_t>::max()) {
        throw Error(ErrorKind::Usage,
                    "scan '" + name + "' on a grid of " + grid + " tokens (height x width): at most 2147483647 tokens "
                        + "are supported; use a smaller image");
    }
}

std::vector<std::int32_t> makeOrder(const ParsedName& parsed, int height, int width)
{
    Walk walk(height, width);
    parsed.kind->walk(walk, parsed.k);
    std::vector<std::int32_t> order = walk.take();
    if (parsed.reversed)
        std::reverse(order.begin(), order.end());
    return order;
}

// Keeps the orders used last, up to kBudget bytes, and knows those that are still in use elsewhere.
class Cache {
public:
    using Entry = std::shared_ptr<const ScanOrder>;

    static Cache& instance()
    {
        static Cache cache;
        return cache;
    }

    Entry find(const std::string& name, int height, int width)
    {
        const std::lock_guard<std::mutex> lock(m_mutex);
        const auto found = m_known.find({name, height, width});
        Entry entry = found == m_known.end() ? nullptr : found->second.lock();
        if (entry)
            keep(entry);
        return entry;
    }

    /// Returns the entry that another thread made meanwhile, if there is one.
    Entry add(const Entry& made)
    {
        const std::lock_guard<std::mutex> lock(m_mutex);
        forgetUnused();
        std::weak_ptr<const ScanOrder>& known = m_known[{made->name(), made->height(), made->width()}];
        Entry entry = known.lock();
        if (!entry)
            known = entry = made;
        keep(entry);
        return entry;
    }

private:
    static constexpr std::size_t kBudget = std::size_t{64} << 20;

    static std::size_t bytes(const Entry& entry) { return entry->order().size() * 2 * sizeof(std::int32_t); }

    void keep(const Entry& entry)
    {
        const auto at = std::find(m_recent.begin(), m_recent.end(), entry);
        if (at != m_recent.end()) {
            m_recent.splice(m_recent.begin(), m_recent, at);
            return;
        }
        if (bytes(entry) > kBudget)
            return;
        m_recent.push_front(entry);
        m_bytes += bytes(entry);
        while (m_bytes > kBudget || m_recent.size() > kMaxEntries) {
            m_bytes -= bytes(m_recent.back());
            m_recent.pop_back();
        }
    }

    void forgetUnused()
    {
        for (auto it = m_known.begin(); it != m_known.end();)
            it = it->second.expired() ? m_known.erase(it) : std::next(it);
    }

    static constexpr std::size_t kMaxEntries = 1024;  // keeps the search through m_recent short

    std::mutex m_mutex;
    std::map<std::tuple<std::string, int, int>, std::weak_ptr<const ScanOrder>> m_known;
    std::list<Entry> m_recent;
    std::size_t m_bytes = 0;
};

}  // namespace

ScanOrder::ScanOrder(std::string name, int height, int width, std::vector<std::int32_t> order)
    : m_name(std::move(name))
    , m_height(height)
    , m_width(width)
    , m_order(std::move(order))
    , m_inverse(m_order.size())
{
    for (std::size_t step = 0; step < m_order.size(); ++step)
        m_inverse[static_cast<std::size_t>(m_order[step])] = static_cast<std::int32_t>(step);
}

std::shared_ptr<const ScanOrder> ScanOrder::get(const std::string& name, int height, int width)
{
    const ParsedName parsed = requireName(name);
    requireGrid(name, height, width);
    if (auto cached = Cache::instance().find(name, height, width))
        return cached;
    try {
        std::shared_ptr<const ScanOrder> made(new ScanOrder(name, height, width, makeOrder(parsed, height, width)));
        return Cache::instance().add(made);
    } catch (const std::bad_alloc&) {
        throw Error(ErrorKind::Memory,
                    "not enough memory for scan '" + name + "' on a grid of " + std::to_string(height) + " x "
                        + std::to_string(width) + " tokens; use a smaller image");
    }
}

bool ScanOrder::isKnown(const std::string& name)
{
    return parseName(name).has_value();
}

}  // namespace mixer
