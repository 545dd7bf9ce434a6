// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/FigureExport.h"
#include "tests/visualizers/FakeTrace.h"
#include "tests/visualizers/FigureTesting.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <QSvgRenderer>
#include <QTemporaryDir>

#include <csignal>
#include <cstring>

#include <sys/resource.h>

namespace mixer::vis {
namespace {

/// Figures that need no network behind the trace.
QStringList fakeIds()
{
    QStringList ids = figureIds();
    ids.removeAll(QStringLiteral("receptive-fields"));
    return ids;
}

std::unique_ptr<Figure> figureOf(const QString& id)
{
    test::FakeOptions options;
    options.inputSide = 64;
    FigureContext context = test::fakeContext(options);
    context.config.labels[1] = "sports car, \"fast\"";
    context.selection.mixer = {1, 0, 1, false};
    context.selection.step = 12;
    if (isComparison(id))
        test::addFakePair(context, options, context.selection.mixer, 12);
    return makeFigure(id, context);
}

class FigureExport : public testing::Test {
protected:
    QString path(const QString& name) const { return m_folder.filePath(name); }
    QByteArray write(const Figure& figure, const QString& name, const ExportOptions& options = {}) const
    {
        exportFigure(figure, path(name), options);
        return read(name);
    }
    QByteArray read(const QString& name) const
    {
        QFile file(path(name));
        EXPECT_TRUE(file.open(QIODevice::ReadOnly));
        return file.readAll();
    }
    QStringList files() const { return QDir(m_folder.path()).entryList(QDir::Files | QDir::Hidden); }

    QTemporaryDir m_folder;
};

TEST_F(FigureExport, PngHasTheSizeThatWasAskedFor)
{
    const auto figure = figureOf(QStringLiteral("gates"));
    ExportOptions options;
    options.widthInches = 4;
    options.heightInches = 3;
    options.dpi = 150;
    const QImage image = QImage::fromData(write(*figure, QStringLiteral("a.png"), options));
    EXPECT_EQ(image.size(), QSize(600, 450));
    EXPECT_NEAR(image.dotsPerMeterX() * 0.0254, 150, 0.1);
    EXPECT_TRUE(image.text(QStringLiteral("Description")).contains(QStringLiteral("demo-vim2")));
    EXPECT_EQ(image.convertToFormat(QImage::Format_RGB32), renderFigure(*figure, options));
    options.heightInches = 0;
    options.widthInches = 0;
    options.preset = FigureWidth::SingleColumn;
    EXPECT_EQ(exportSize(*figure, options).width(), std::round(3.35 * 72));
}

TEST_F(FigureExport, TransparentPicturesAreAndOthersAreNot)
{
    const auto figure = figureOf(QStringLiteral("routing"));
    ExportOptions options;
    EXPECT_FALSE(renderFigure(*figure, options).hasAlphaChannel());
    EXPECT_EQ(renderFigure(*figure, options).pixelColor(0, 0), QColor(Qt::white));
    options.theme = Theme::Dark;
    EXPECT_EQ(renderFigure(*figure, options).pixelColor(0, 0), FigureStyle::dark().background);
    options.transparent = true;
    const QImage image = QImage::fromData(write(*figure, QStringLiteral("t.png"), options));
    EXPECT_EQ(image.pixelColor(0, 0).alpha(), 0);
}

TEST_F(FigureExport, WhatIsOnScreenDoesNotChangeTheFile)
{
    for (const QString& id : fakeIds()) {
        const auto figure = figureOf(id);
        const QByteArray png = write(*figure, id + QStringLiteral("1.png"));
        const QByteArray svg = write(*figure, id + QStringLiteral("1.svg"));
        test::paintOf(*figure, {300, 200}, FigureStyle::dark());
        test::paintOf(*figure, {1100, 900}, FigureStyle::light());
        EXPECT_EQ(write(*figure, id + QStringLiteral("2.png")), png) << id.toStdString();
        EXPECT_EQ(write(*figure, id + QStringLiteral("2.svg")), svg) << id.toStdString();
    }
}

TEST_F(FigureExport, SvgKeepsTextAndHasOneImagePerHeatMap)
{
    for (const QString& id : fakeIds()) {
        const auto figure = figureOf(id);
        const QString svg = QString::fromUtf8(write(*figure, id + QStringLiteral(".svg")));
        EXPECT_GE(svg.count(QStringLiteral("<text")), 6) << id.toStdString();
        EXPECT_TRUE(svg.contains(figure->title().toHtmlEscaped())) << id.toStdString();
        // Matrix or photo, and the colour bar's strip; three photos with maps and two strips.
        const int most = id == QLatin1String("comparison-map") ? 8 : 3;
        EXPECT_LE(svg.count(QStringLiteral("<image")), most) << id.toStdString();
        EXPECT_FALSE(svg.contains(QStringLiteral("optimizeQuality")));
        QSvgRenderer renderer(svg.toUtf8());
        ASSERT_TRUE(renderer.isValid());
        EXPECT_EQ(renderer.viewBoxF().size(), exportSize(*figure, {}));
        const double widthMm
            = QRegularExpression(QStringLiteral("width=\"([0-9.]+)mm\"")).match(svg).captured(1).toDouble();
        EXPECT_NEAR(widthMm, 7.0 * 25.4, 0.2);
    }
}

TEST_F(FigureExport, SvgLooksLikeThePng)
{
    const auto figure = figureOf(QStringLiteral("gates"));
    ExportOptions options;
    options.dpi = 72;
    options.caption = false;
    const QImage png = renderFigure(*figure, options);
    QSvgRenderer renderer(write(*figure, QStringLiteral("g.svg"), options));
    QImage svg(png.size(), QImage::Format_RGB32);
    svg.fill(Qt::white);
    QPainter painter(&svg);
    renderer.render(&painter);
    painter.end();
    qint64 different = 0;
    for (int y = 0; y < png.height(); ++y) {
        for (int x = 0; x < png.width(); ++x)
            different += test::distance(png.pixelColor(x, y), svg.pixelColor(x, y)) > 60 ? 1 : 0;
    }
    EXPECT_LT(static_cast<double>(different) / (png.width() * png.height()), 0.03);
}

TEST_F(FigureExport, PdfHasFontsOnePageAndTheRightSize)
{
    for (const QString& id : fakeIds()) {
        const auto figure = figureOf(id);
        ExportOptions options;
        options.widthInches = 5;
        options.heightInches = 4;
        const QByteArray pdf = write(*figure, id + QStringLiteral(".pdf"), options);
        EXPECT_TRUE(pdf.startsWith("%PDF"));
        EXPECT_TRUE(pdf.contains("/Type /Font") || pdf.contains("/FontFile")) << id.toStdString();
        const auto box = QRegularExpression(QStringLiteral("/MediaBox \\[0 0 ([0-9.]+) ([0-9.]+)"))
                             .match(QString::fromLatin1(pdf));
        ASSERT_TRUE(box.hasMatch());
        EXPECT_NEAR(box.captured(1).toDouble(), 360, 0.1);
        EXPECT_NEAR(box.captured(2).toDouble(), 288, 0.1);
        EXPECT_FALSE(pdf.contains("/DCTDecode")) << "lossy colours";
    }
}

/// Fields of a line of comma-separated values without line breaks in fields.
QStringList csvFields(const QString& line)
{
    QStringList fields{QString()};
    bool quoted = false;
    for (qsizetype i = 0; i < line.size(); ++i) {
        if (line[i] == QLatin1Char('"')) {
            if (quoted && i + 1 < line.size() && line[i + 1] == QLatin1Char('"'))
                fields.last() += line[i++];
            else
                quoted = !quoted;
        } else if (line[i] == QLatin1Char(',') && !quoted) {
            fields << QString();
        } else {
            fields.last() += line[i];
        }
    }
    return fields;
}

TEST_F(FigureExport, CsvReadsBackAsTheTable)
{
    for (const QString& id : fakeIds()) {
        const auto figure = figureOf(id);
        const FigureTable table = figure->table();
        const QStringList lines
            = QString::fromUtf8(write(*figure, id + QStringLiteral(".csv"))).split(QStringLiteral("\r\n"));
        ASSERT_EQ(lines.size(), table.rowCount + 2) << id.toStdString();
        for (qint64 row = 0; row < table.rowCount; row += 7) {
            const QStringList fields = csvFields(lines[row + 1]);
            ASSERT_EQ(fields.size(), table.columnCount()) << lines[row + 1].toStdString();
            for (int column = 0; column < table.columnCount(); ++column) {
                const QVariant cell = table.cell(row, column);
                if (cell.typeId() == QMetaType::QString)
                    EXPECT_EQ(fields[column], cell.toString());
                else
                    EXPECT_EQ(fields[column].toFloat(), cell.toFloat());
            }
        }
    }
}

TEST_F(FigureExport, JsonReadsBackAsTableWithCaption)
{
    for (const QString& id : fakeIds()) {
        const auto figure = figureOf(id);
        const FigureTable table = figure->table();
        const QJsonObject json = QJsonDocument::fromJson(write(*figure, id + QStringLiteral(".json"))).object();
        EXPECT_EQ(json[QStringLiteral("figure")].toString(), id);
        EXPECT_EQ(json[QStringLiteral("caption")].toString(), figure->caption());
        EXPECT_EQ(json[QStringLiteral("columns")].toArray().size(), table.columnCount());
        const QJsonArray rows = json[QStringLiteral("rows")].toArray();
        ASSERT_EQ(rows.size(), table.rowCount);
        const QJsonArray last = rows.last().toArray();
        for (int column = 0; column < table.columnCount(); ++column)
            EXPECT_EQ(last[column].toVariant().toString().left(6),
                      table.cell(table.rowCount - 1, column).toString().left(6));
    }
}

TEST_F(FigureExport, NpyReadsBackAsTheArray)
{
    const auto figure = figureOf(QStringLiteral("gates"));
    const Array array = figure->array();
    const QByteArray npy = write(*figure, QStringLiteral("g.npy"));
    ASSERT_TRUE(npy.startsWith(QByteArray("\x93NUMPY\x01\x00", 8)));
    const qsizetype header = static_cast<unsigned char>(npy[8]) + 256 * static_cast<unsigned char>(npy[9]);
    EXPECT_EQ((10 + header) % 64, 0);
    const QByteArray text = npy.mid(10, header);
    EXPECT_TRUE(text.contains("'<f4'")) << text.toStdString();
    EXPECT_TRUE(text.contains("(48, 64, )")) << text.toStdString();
    EXPECT_TRUE(text.endsWith('\n'));
    ASSERT_EQ(npy.size() - 10 - header, static_cast<qsizetype>(array.values.size() * sizeof(float)));
    EXPECT_EQ(std::memcmp(npy.constData() + 10 + header, array.values.data(), array.values.size() * sizeof(float)), 0);
}

TEST_F(FigureExport, AnExistingFileIsKeptUnlessItMayBeReplaced)
{
    const auto figure = figureOf(QStringLiteral("predictions"));
    QFile old(path(QStringLiteral("p.png")));
    ASSERT_TRUE(old.open(QIODevice::WriteOnly));
    old.write("old");
    old.close();
    const std::string message
        = test::errorOf(ErrorKind::File, [&] { exportFigure(*figure, path(QStringLiteral("p.png"))); });
    EXPECT_NE(message.find("exists"), std::string::npos);
    EXPECT_EQ(read(QStringLiteral("p.png")), "old");
    ExportOptions options;
    options.overwrite = true;
    exportFigure(*figure, path(QStringLiteral("p.png")), options);
    EXPECT_FALSE(QImage(path(QStringLiteral("p.png"))).isNull());
    EXPECT_EQ(files(), QStringList{QStringLiteral("p.png")});
}

TEST_F(FigureExport, AFailureLeavesNoFileAndTheOldOneUntouched)
{
    const auto figure = figureOf(QStringLiteral("predictions"));
    for (const QString& extension : exportExtensions()) {
        const std::string message = test::errorOf(
            ErrorKind::File, [&] { exportFigure(*figure, path(QStringLiteral("no/such/folder/p.") + extension)); });
        EXPECT_NE(message.find("no/such/folder"), std::string::npos);
    }
    // The picture is too large only after the file was opened.
    QFile old(path(QStringLiteral("p.png")));
    ASSERT_TRUE(old.open(QIODevice::WriteOnly));
    old.write("old");
    old.close();
    ExportOptions options;
    options.overwrite = true;
    options.widthInches = 100;
    options.heightInches = 100;
    options.dpi = 2400;
    test::errorOf(ErrorKind::Memory, [&] { exportFigure(*figure, path(QStringLiteral("p.png")), options); });
    EXPECT_EQ(read(QStringLiteral("p.png")), "old");
    EXPECT_EQ(files(), QStringList{QStringLiteral("p.png")});
}

TEST_F(FigureExport, ADiskThatTakesNoMoreIsAnError)
{
    const auto figure = figureOf(QStringLiteral("gates"));
    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{200, before.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
    for (const QString& extension : exportExtensions()) {
        SCOPED_TRACE(extension.toStdString());
        test::errorOf(ErrorKind::File, [&] { exportFigure(*figure, path(QStringLiteral("g.") + extension)); });
    }
    setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);
    EXPECT_TRUE(files().isEmpty());
}

TEST_F(FigureExport, WhatIsNoFileIsNotReplaced)
{
    ASSERT_TRUE(QDir(m_folder.path()).mkdir(QStringLiteral("d.csv")));
    ExportOptions options;
    options.overwrite = true;
    const auto figure = figureOf(QStringLiteral("gates"));
    test::errorOf(ErrorKind::File, [&] { exportFigure(*figure, path(QStringLiteral("d.csv")), options); });
    EXPECT_TRUE(QDir(path(QStringLiteral("d.csv"))).exists());
}

TEST_F(FigureExport, OptionsOutOfRangeAndUnknownFormatsAreErrors)
{
    const auto figure = figureOf(QStringLiteral("predictions"));
    const auto refused = [&](auto change) {
        ExportOptions options;
        change(options);
        return test::errorOf(ErrorKind::Usage, [&] { exportFigure(*figure, path(QStringLiteral("p.png")), options); });
    };
    EXPECT_NE(refused([](ExportOptions& o) { o.dpi = 0; }).find("dpi"), std::string::npos);
    EXPECT_NE(refused([](ExportOptions& o) { o.widthInches = 1e9; }).find("width"), std::string::npos);
    EXPECT_NE(refused([](ExportOptions& o) { o.heightInches = -1; }).find("height"), std::string::npos);
    refused([](ExportOptions& o) { o.widthInches = std::nan(""); });
    refused([](ExportOptions& o) { o.fontPixelSize = 1000; });
    const std::string message
        = test::errorOf(ErrorKind::Usage, [&] { exportFigure(*figure, path(QStringLiteral("p.bmp"))); });
    EXPECT_NE(message.find(".svg"), std::string::npos);
    test::errorOf(ErrorKind::Usage, [&] { exportFigure(*figure, path(QStringLiteral("png"))); });
    EXPECT_TRUE(files().isEmpty());
}

}  // namespace
}  // namespace mixer::vis
