// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "visualizers/Figure.h"

#include <QByteArray>

class QIODevice;

// Numbers to files. Private to visualizers/. Each returns false when the device does not take everything.
namespace mixer::vis {

/// Comma-separated, RFC 4180, UTF-8; decimal point; nine significant digits, which keep a float32. Missing: empty.
bool writeCsv(QIODevice& device, const FigureTable& table);
/// {"recipe","figure","title","caption","columns":[{"name","unit"}],"rows":[[...]]}; missing and non-finite: null. The
/// recipe comes first where there is one, so that it is found without reading all rows.
bool writeJson(QIODevice& device, const Figure& figure, const QByteArray& recipe = {});
/// NumPy's format, version 1.0: little-endian float32, C order.
bool writeNpy(QIODevice& device, const Array& array);

}  // namespace mixer::vis
