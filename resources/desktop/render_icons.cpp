// SPDX-License-Identifier: GPL-3.0-or-later
// Draws the program's icon at the sizes that desktops look for: render_icons LARGE.svg SMALL.svg FOLDER makes
// FOLDER/SIZExSIZE/apps/mixerscope.png. At small sizes details are noise, so these have a drawing of their own.
#include <QDir>
#include <QGuiApplication>
#include <QImage>
#include <QPainter>
#include <QSvgRenderer>

#include <cstdio>

int main(int argc, char** argv)
{
    qputenv("QT_QPA_PLATFORM", "offscreen");
    const QGuiApplication application(argc, argv);
    if (argc != 4) {
        std::fputs("usage: render_icons LARGE.svg SMALL.svg FOLDER\n", stderr);
        return 2;
    }
    for (const int size : {16, 22, 24, 32, 48, 64, 128, 256}) {
        QSvgRenderer drawing(QString::fromLocal8Bit(argv[size > 32 ? 1 : 2]));
        QImage image(size, size, QImage::Format_ARGB32_Premultiplied);
        image.fill(Qt::transparent);
        QPainter painter(&image);
        drawing.render(&painter);
        painter.end();
        const QString folder = QStringLiteral("%1/%2x%2/apps").arg(QString::fromLocal8Bit(argv[3])).arg(size);
        if (!drawing.isValid() || !QDir().mkpath(folder) || !image.save(folder + QStringLiteral("/mixerscope.png"))) {
            std::fprintf(stderr, "render_icons: the icon of %d pixels cannot be made\n", size);
            return 1;
        }
    }
    return 0;
}
