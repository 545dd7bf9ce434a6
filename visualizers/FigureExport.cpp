// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/FigureExport.h"

#include "engine/core/Error.h"
#include "visualizers/CannotWrite.h"
#include "visualizers/PlotAxes.h"
#include "visualizers/RecipeStore.h"
#include "visualizers/TableWriter.h"

#include <QBuffer>
#include <QFile>
#include <QFileInfo>
#include <QFontMetricsF>
#include <QHashFunctions>
#include <QImageWriter>
#include <QPainter>
#include <QPdfWriter>
#include <QSaveFile>
#include <QSvgGenerator>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

namespace mixer::vis {

namespace {

constexpr double kUnitsPerInch = 72;
constexpr double kMetresPerInch = 0.0254;
constexpr double kSingleColumn = 3.35;
constexpr double kDoubleColumn = 7.0;
constexpr double kLargestPixels = 250e6;

/// Finer than what is drawn: coordinates of vector files are counted in these.
constexpr int kVectorDpi = 1200;

[[noreturn]] void usage(const std::string& what)
{
    throw Error(ErrorKind::Usage, what);
}

void requireRange(const std::string& name, double value, double low, double high, const std::string& unit)
{
    if (value >= low && value <= high)
        return;
    const auto text = [](double number) { return QString::number(number).toStdString(); };
    usage(name + " of the figure: expected " + text(low) + " to " + text(high) + unit + ", found " + text(value));
}

void check(const ExportOptions& options)
{
    if (options.widthInches != 0)
        requireRange("width", options.widthInches, 1, 100, " inches");
    if (options.heightInches != 0)
        requireRange("height", options.heightInches, 1, 100, " inches");
    requireRange("resolution", options.dpi, 36, 2400, " dpi");
    requireRange("type size", options.fontPixelSize, 4, 72, " points");
}

FigureStyle styleOf(const ExportOptions& options)
{
    FigureStyle style = FigureStyle::print(options.theme);
    style.fontPixelSize = options.fontPixelSize;
    style.lineWidth = options.fontPixelSize / 14.0;
    style.showTitle = options.title;
    style.transparent = options.transparent;
    return style;
}

double captionHeight(const Figure& figure, const FigureStyle& style, double width)
{
    const double margin = Metrics(style).margin;
    const QRectF bounds = QFontMetricsF(style.noteFont())
                              .boundingRect(QRectF(0, 0, width - 2 * margin, 1e4), Qt::TextWordWrap, figure.caption());
    return std::ceil(bounds.height() + margin);
}

/// Figure and caption on a page in figure units: the one way to every kind of file.
void paintPage(QPainter& painter, const Figure& figure, const QSizeF& page, const ExportOptions& options)
{
    const FigureStyle style = styleOf(options);
    const QRectF all(QPointF(), page);
    // SVG names a font even where nothing is written: let it not be the application's.
    painter.setFont(style.font());
    paintBackground(painter, all, style);
    const double below = options.caption ? captionHeight(figure, style, page.width()) : 0;
    figure.paint(painter, all.adjusted(0, 0, 0, -below), style);
    if (!options.caption)
        return;
    const double margin = Metrics(style).margin;
    painter.setFont(style.noteFont());
    painter.setPen(style.mutedText);
    painter.drawText(QRectF(margin, page.height() - below, page.width() - 2 * margin, below),
                     Qt::AlignLeft | Qt::AlignTop | Qt::TextWordWrap, figure.caption());
}

/// Pictures are made in memory first: QSvgGenerator and QPdfWriter do not notice when a device takes only a part.
bool writeAll(QIODevice& device, const QByteArray& bytes)
{
    return device.write(bytes) == bytes.size();
}

bool writePng(QIODevice& device, const Figure& figure, const ExportOptions& options, const QByteArray& recipe)
{
    QBuffer picture;
    QImageWriter writer(&picture, "png");
    if (!writer.write(renderFigure(figure, options)))
        return false;
    return writeAll(device, recipe.isEmpty() ? picture.data() : pngWithRecipe(picture.data(), recipe));
}

bool writeSvg(QIODevice& device, const Figure& figure, const ExportOptions& options, const QByteArray& recipe)
{
    const QSizeF page = exportSize(figure, options);
    QBuffer picture;
    QSvgGenerator generator;
    generator.setOutputDevice(&picture);
    generator.setResolution(static_cast<int>(kUnitsPerInch));
    generator.setSize(page.toSize());
    generator.setViewBox(QRectF(QPointF(), page));
    generator.setTitle(figure.title());
    generator.setDescription(figure.caption());
    QPainter painter;
    if (!painter.begin(&generator))
        return false;
    paintPage(painter, figure, page, options);
    return painter.end() && writeAll(device, recipe.isEmpty() ? picture.data() : svgWithRecipe(picture.data(), recipe));
}

/// Qt writes when the file was made, and asks nobody: two equal figures would differ. Blanks in its place keep every
/// offset of the file.
QByteArray withoutDate(QByteArray pdf)
{
    const qsizetype begin = pdf.lastIndexOf("\n/CreationDate (") + 1;
    const qsizetype end = begin > 0 ? pdf.indexOf(')', begin) + 1 : 0;
    for (qsizetype i = begin; i < end; ++i)
        pdf[i] = ' ';
    return pdf;
}

bool writePdf(QIODevice& device, const Figure& figure, const ExportOptions& options, const QByteArray& recipe)
{
    const QSizeF page = exportSize(figure, options);
    QBuffer picture;
    if (!picture.open(QIODevice::WriteOnly))
        return false;
    QPdfWriter writer(&picture);
    writer.setResolution(kVectorDpi);
    writer.setPageSize(QPageSize(page, QPageSize::Point, QString(), QPageSize::ExactMatch));
    writer.setPageMargins(QMarginsF());
    writer.setTitle(figure.title());
    writer.setCreator(QStringLiteral("MixerScope ") + figure.context().programVersion);
    if (!recipe.isEmpty())
        writer.setDocumentXmpMetadata(xmpWithRecipe(figure.title(), recipe));
    QPainter painter;
    if (!painter.begin(&writer))
        return false;
    painter.scale(kVectorDpi / kUnitsPerInch, kVectorDpi / kUnitsPerInch);
    paintPage(painter, figure, page, options);
    return painter.end() && writeAll(device, withoutDate(picture.data()));
}

bool writeCsvFile(QIODevice& device, const Figure& figure, const ExportOptions&, const QByteArray&)
{
    return writeCsv(device, figure.table());
}

bool writeJsonFile(QIODevice& device, const Figure& figure, const ExportOptions&, const QByteArray& recipe)
{
    return writeJson(device, figure, recipe);
}

bool writeNpyFile(QIODevice& device, const Figure& figure, const ExportOptions&, const QByteArray&)
{
    return writeNpy(device, figure.array());
}

struct Writer {
    const char* extension;
    bool (*write)(QIODevice&, const Figure&, const ExportOptions&, const QByteArray& recipe);
};

constexpr std::array<Writer, 6> kWriters = {{{"png", &writePng},
                                             {"svg", &writeSvg},
                                             {"pdf", &writePdf},
                                             {"csv", &writeCsvFile},
                                             {"json", &writeJsonFile},
                                             {"npy", &writeNpyFile}}};

const Writer& writerFor(const QString& path)
{
    const QString extension = QFileInfo(path).suffix().toLower();
    for (const Writer& writer : kWriters) {
        if (extension == QLatin1String(writer.extension))
            return writer;
    }
    usage("cannot tell the format of \"" + path.toStdString() + "\": expected a name that ends in ."
          + exportExtensions().join(QStringLiteral(", .")).toStdString());
}

}  // namespace

QStringList exportExtensions()
{
    QStringList list;
    for (const Writer& writer : kWriters)
        list << QString::fromLatin1(writer.extension);
    return list;
}

double pageWidthInches(const ExportOptions& options)
{
    if (options.widthInches > 0)
        return options.widthInches;
    return options.preset == FigureWidth::SingleColumn ? kSingleColumn : kDoubleColumn;
}

QSizeF exportSize(const Figure& figure, const ExportOptions& options)
{
    check(options);
    const FigureStyle style = styleOf(options);
    // Whole units: SVG and PDF pages, and pictures of 72 dpi, then have exactly this size.
    const double width = std::round(pageWidthInches(options) * kUnitsPerInch);
    if (options.heightInches > 0)
        return {width, std::round(options.heightInches * kUnitsPerInch)};
    const double caption = options.caption ? captionHeight(figure, style, width) : 0;
    return {width, std::ceil(figure.heightForWidth(width, style) + caption)};
}

QImage renderFigure(const Figure& figure, const ExportOptions& options)
{
    const QSizeF page = exportSize(figure, options);
    const double scale = options.dpi / kUnitsPerInch;
    const QSizeF wanted = page * scale;
    if (wanted.width() * wanted.height() > kLargestPixels)
        throw Error(ErrorKind::Memory,
                    "the picture would have " + std::to_string(std::lround(wanted.width())) + " x "
                        + std::to_string(std::lround(wanted.height()))
                        + " pixels: choose a smaller size or resolution (at most 250 million pixels)");
    QImage image(std::max(1, static_cast<int>(std::lround(wanted.width()))),
                 std::max(1, static_cast<int>(std::lround(wanted.height()))), QImage::Format_ARGB32_Premultiplied);
    if (image.isNull())
        throw Error(ErrorKind::Memory, "not enough memory for the picture: choose a smaller size or resolution");
    image.fill(Qt::transparent);
    const int dotsPerMetre = static_cast<int>(std::lround(options.dpi / kMetresPerInch));
    image.setDotsPerMeterX(dotsPerMetre);
    image.setDotsPerMeterY(dotsPerMetre);
    image.setText(QStringLiteral("Title"), figure.title());
    image.setText(QStringLiteral("Description"), figure.caption());
    QPainter painter(&image);
    painter.scale(image.width() / page.width(), image.height() / page.height());
    paintPage(painter, figure, page, options);
    painter.end();
    return options.transparent ? image : image.convertToFormat(QImage::Format_RGB32);
}

void requireWritable(const QString& path, bool overwrite)
{
    if (!overwrite && QFileInfo::exists(path))
        throw Error(ErrorKind::File,
                    "\"" + path.toStdString() + "\" exists already; choose another name, or replace it (--force)");
    if (QFileInfo::exists(path) && !QFileInfo(path).isFile())
        cannotWrite(path, QStringLiteral("it is a folder or a device, not a file"));
}

void makeFilesRepeatable()
{
    QHashSeed::setDeterministicGlobalSeed();
}

QByteArray figureBytes(const Figure& figure, const QString& extension, const ExportOptions& options,
                       const QByteArray& recipe)
{
    const Writer& writer = writerFor(QStringLiteral("figure.") + extension);
    check(options);
    QBuffer buffer;
    buffer.open(QIODevice::WriteOnly);
    return writer.write(buffer, figure, options, recipe) ? buffer.data() : QByteArray();
}

void exportFigure(const Figure& figure, const QString& path, const ExportOptions& options, const QByteArray& recipe)
{
    const Writer& writer = writerFor(path);
    check(options);
    requireWritable(path, options.overwrite);
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly))
        cannotWrite(path, file.errorString());
    bool written = false;
    try {
        written = writer.write(file, figure, options, recipe);
    } catch (...) {
        file.cancelWriting();
        throw;
    }
    // commit() misses a flush that wrote a part.
    const bool complete = file.flush() && file.error() == QFileDevice::NoError && file.size() == file.pos();
    if (!written || !complete) {
        const QString reason = file.error() == QFileDevice::NoError ? QStringLiteral("the picture could not be written")
                                                                    : file.errorString();
        file.cancelWriting();
        cannotWrite(path, reason);
    }
    if (!file.commit())
        cannotWrite(path, file.errorString());
    keepRecipeBeside(path, recipe);
}

}  // namespace mixer::vis
