// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/RecipeStore.h"

#include "engine/core/Error.h"

#include <QByteArrayView>
#include <QFile>
#include <QFileInfo>
#include <QSaveFile>
#include <QtEndian>

#include <zlib.h>

#include <algorithm>

namespace mixer::vis {

namespace {

constexpr char kPngSignature[] = "\x89PNG\r\n\x1a\n";
constexpr qsizetype kPngHeader = 8 + 25;  ///< signature and IHDR
constexpr char kKeyword[] = "mixerscope:recipe";
constexpr char kOpen[] = "<mixerscope:recipe xmlns:mixerscope=\"urn:mixerscope\">";
constexpr char kClose[] = "</mixerscope:recipe>";
constexpr qsizetype kMostBeforeJson = 4096;  ///< bytes of a JSON figure before its recipe

[[noreturn]] void fail(const QString& path, const std::string& what)
{
    throw Error(ErrorKind::Format, path.toStdString() + ": " + what);
}

quint32 checksum(const char* bytes, qsizetype size)
{
    return static_cast<quint32>(crc32(0, reinterpret_cast<const Bytef*>(bytes), static_cast<uInt>(size)));
}

void append32(QByteArray& bytes, quint32 value)
{
    char raw[4];
    qToBigEndian(value, raw);
    bytes.append(raw, 4);
}

std::string taken(const QString& path, QByteArrayView recipe)
{
    if (recipe.size() > kMaxRecipe)
        fail(path, "its recipe is longer than " + std::to_string(kMaxRecipe >> 20) + " MB");
    return {recipe.data(), static_cast<std::size_t>(recipe.size())};
}

/// Empty when there is none.
std::string recipeOfPng(const QString& path, QByteArrayView file)
{
    const QByteArrayView keyword(kKeyword, sizeof kKeyword);  // the zero that ends it included
    for (qsizetype at = 8; at + 12 <= file.size();) {
        const quint32 length = qFromBigEndian<quint32>(file.data() + at);
        if (length > static_cast<quint64>(file.size() - at - 12))
            fail(path, "a damaged PNG file: a chunk of " + std::to_string(length) + " bytes ends behind the file");
        const QByteArrayView type = file.sliced(at + 4, 4);
        const QByteArrayView data = file.sliced(at + 8, length);
        if (type == QByteArrayView("tEXt", 4) && data.startsWith(keyword)) {
            if (qFromBigEndian<quint32>(file.data() + at + 8 + length) != checksum(file.data() + at + 4, 4 + length))
                fail(path, "a damaged PNG file: the checksum of its recipe is wrong");
            return taken(path, data.sliced(keyword.size()));
        }
        at += 12 + qsizetype{length};
    }
    return {};
}

/// SVG and PDF: between the two tags, wherever they are.
std::string recipeBetweenTags(const QString& path, QByteArrayView file)
{
    const auto find = [&](QByteArrayView text, qsizetype from) -> qsizetype {
        const auto end = file.end();
        const auto found = std::search(file.begin() + from, end, text.begin(), text.end());
        return found == end ? -1 : found - file.begin();
    };
    const qsizetype open = find(QByteArrayView(kOpen), 0);
    if (open < 0)
        return {};
    const qsizetype begin = open + qsizetype(sizeof kOpen) - 1;
    const qsizetype close = find(QByteArrayView(kClose), begin);
    if (close < 0)
        fail(path, "its recipe has no end");
    return taken(path, file.sliced(begin, close - begin));
}

qsizetype skipSpace(QByteArrayView file, qsizetype at)
{
    while (at < file.size() && (file[at] == ' ' || file[at] == '\n' || file[at] == '\r' || file[at] == '\t'))
        ++at;
    return at;
}

/// The object behind the key "recipe", which our JSON figures begin with.
std::string recipeOfJson(const QString& path, QByteArrayView file)
{
    const QByteArrayView key("\"recipe\"");
    qsizetype at = skipSpace(file, 1);
    if (!file.sliced(at, std::min(kMostBeforeJson, file.size() - at)).startsWith(key))
        return {};
    at = skipSpace(file, at + key.size());
    if (at >= file.size() || file[at] != ':')
        return {};
    const qsizetype begin = skipSpace(file, at + 1);
    bool isText = false;
    int depth = 0;
    for (at = begin; at < file.size() && at - begin <= kMaxRecipe; ++at) {
        const char c = file[at];
        if (isText && c == '\\')
            ++at;
        else if (c == '"')
            isText = !isText;
        else if (!isText && c == '{')
            ++depth;
        else if (!isText && c == '}' && --depth == 0)
            return taken(path, file.sliced(begin, at + 1 - begin));
        if (depth == 0)
            return {};  // not an object
    }
    fail(path, "its recipe has no end");
}

/// The comment that begins with kGifRecipe, put together from its pieces of at most 255 bytes.
std::string recipeOfGif(const QString& path, QByteArrayView file)
{
    const auto found = std::search(file.begin(), file.end(), kGifRecipe, kGifRecipe + sizeof kGifRecipe - 1);
    qsizetype at = found - file.begin() - 1;  // the length of the first piece
    if (found == file.end() || at < 2)
        return {};
    std::string text;
    for (;;) {
        const auto length = static_cast<unsigned char>(file[at]);
        if (length == 0)
            return text.substr(sizeof kGifRecipe - 1);
        if (at + 1 + length >= file.size() || static_cast<qsizetype>(text.size()) > kMaxRecipe)
            fail(path, "a damaged GIF file: its recipe has no end");
        text.append(file.data() + at + 1, length);
        at += 1 + length;
    }
}

std::string recipeOf(const QString& path, QByteArrayView file)
{
    if (file.startsWith(QByteArrayView(kPngSignature, 8)))
        return recipeOfPng(path, file);
    if (file.startsWith(QByteArrayView("GIF8")))
        return recipeOfGif(path, file);
    if (file.startsWith(QByteArrayView("{")))
        return recipeOfJson(path, file);
    if (file.startsWith(QByteArrayView("%PDF-")) || file.startsWith(QByteArrayView("<?xml"))
        || file.startsWith(QByteArrayView("<svg")))
        return recipeBetweenTags(path, file);
    fail(path, "expected a figure (PNG, SVG, PDF, GIF or JSON, or CSV, NPY or MP4 with its recipe beside it)");
}

bool hasRecipeBeside(const QString& path)
{
    const QString kind = QFileInfo(path).suffix().toLower();
    return kind == QLatin1String("csv") || kind == QLatin1String("npy") || kind == QLatin1String("mp4");
}

QString recipeBeside(const QString& path)
{
    return path + QStringLiteral(".recipe.json");
}

}  // namespace

QByteArray pngWithRecipe(const QByteArray& png, const QByteArray& recipe)
{
    QByteArray chunk("tEXt");
    chunk.append(kKeyword, sizeof kKeyword);
    chunk.append(recipe);
    QByteArray whole = png.left(kPngHeader);
    append32(whole, static_cast<quint32>(chunk.size() - 4));
    whole.append(chunk);
    append32(whole, checksum(chunk.constData(), chunk.size()));
    return whole + png.mid(kPngHeader);
}

QByteArray svgWithRecipe(const QByteArray& svg, const QByteArray& recipe)
{
    const qsizetype root = svg.indexOf("<svg");
    const qsizetype begin = svg.indexOf('>', root) + 1;
    return svg.left(begin) + "\n<metadata>" + kOpen + recipe + kClose + "</metadata>" + svg.mid(begin);
}

QByteArray xmpWithRecipe(const QString& title, const QByteArray& recipe)
{
    return QByteArray("<?xpacket begin=\"\xEF\xBB\xBF\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"
                      "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\n"
                      "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n"
                      "<rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n"
                      "<dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">")
        + title.toHtmlEscaped().toUtf8() + "</rdf:li></rdf:Alt></dc:title>\n" + kOpen + recipe + kClose
        + "\n</rdf:Description>\n</rdf:RDF>\n</x:xmpmeta>\n<?xpacket end=\"r\"?>\n";
}

void keepRecipeBeside(const QString& path, const QByteArray& recipe)
{
    if (!hasRecipeBeside(path))
        return;
    const QString beside = recipeBeside(path);
    if (recipe.isEmpty()) {
        QFile::remove(beside);
        return;
    }
    QSaveFile file(beside);
    if (!file.open(QIODevice::WriteOnly) || file.write(recipe) != recipe.size() || !file.commit())
        throw Error(ErrorKind::File,
                    "cannot write \"" + beside.toStdString() + "\": " + file.errorString().toStdString()
                        + "; choose another folder or leave the recipe out");
}

std::string recipeIn(const QString& path)
{
    if (hasRecipeBeside(path) && QFileInfo(path).isFile()) {
        QFile beside(recipeBeside(path));
        if (beside.open(QIODevice::ReadOnly)) {
            const QByteArray text = beside.read(kMaxRecipe + 1);
            return taken(path, text);
        }
    }
    QFile file(path);
    if (!QFileInfo(path).isFile() || !file.open(QIODevice::ReadOnly))
        throw Error(ErrorKind::File,
                    path.toStdString() + ": expected a figure to read the recipe from, found: "
                        + (QFileInfo::exists(path) ? file.errorString().toStdString() : "no such file"));
    const uchar* bytes = file.size() > 0 ? file.map(0, file.size()) : nullptr;
    if (!bytes)
        fail(path, "expected a figure, found an empty file or one that cannot be mapped");
    const std::string recipe = recipeOf(path, QByteArrayView(bytes, file.size()));
    if (recipe.empty())
        fail(path,
             "this file carries no recipe: it was made without one, by another program, or a program that changed it "
             "dropped it");
    return recipe;
}

}  // namespace mixer::vis
