// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/TableWriter.h"

#include <QByteArray>
#include <QIODevice>
#include <QJsonArray>
#include <QJsonDocument>
#include <QtEndian>

#include <cmath>

namespace mixer::vis {

namespace {

constexpr qsizetype kFlushBytes = 1 << 16;
constexpr int kNpyAlignment = 64;

/// Collects small pieces; remembers the first failure.
class Sink {
public:
    explicit Sink(QIODevice& device)
        : m_device(device)
    {
    }

    Sink& operator<<(const QByteArray& bytes)
    {
        m_buffer += bytes;
        if (m_buffer.size() >= kFlushBytes)
            flush();
        return *this;
    }

    bool finish()
    {
        flush();
        return m_ok;
    }
    bool ok() const { return m_ok; }

private:
    void flush()
    {
        m_ok = m_ok && m_device.write(m_buffer) == m_buffer.size();
        m_buffer.clear();
    }

    QIODevice& m_device;
    QByteArray m_buffer;
    bool m_ok = true;
};

bool isText(const QVariant& cell)
{
    return cell.typeId() == QMetaType::QString;
}

QByteArray numberOf(const QVariant& cell)
{
    if (cell.typeId() == QMetaType::Double)
        return QByteArray::number(cell.toDouble(), 'g', 9);
    return QByteArray::number(cell.toLongLong());
}

QByteArray csvField(const QString& text)
{
    QByteArray field = text.toUtf8();
    if (!field.contains(',') && !field.contains('"') && !field.contains('\n') && !field.contains('\r'))
        return field;
    field.replace("\"", "\"\"");
    return '"' + field + '"';
}

QByteArray csvCell(const QVariant& cell)
{
    if (!cell.isValid())
        return {};
    return isText(cell) ? csvField(cell.toString()) : numberOf(cell);
}

QByteArray jsonText(const QString& text)
{
    const QByteArray list = QJsonDocument(QJsonArray{text}).toJson(QJsonDocument::Compact);
    return list.mid(1, list.size() - 2);
}

QByteArray jsonCell(const QVariant& cell)
{
    if (isText(cell))
        return jsonText(cell.toString());
    if (!cell.isValid() || (cell.typeId() == QMetaType::Double && !std::isfinite(cell.toDouble())))
        return QByteArrayLiteral("null");
    return numberOf(cell);
}

}  // namespace

bool writeCsv(QIODevice& device, const FigureTable& table)
{
    Sink out(device);
    for (int c = 0; c < table.columnCount(); ++c) {
        const FigureTable::Column& column = table.columns[static_cast<std::size_t>(c)];
        const QString unit = column.unit.isEmpty() ? QString() : QStringLiteral(" (%1)").arg(column.unit);
        out << (c > 0 ? QByteArrayLiteral(",") : QByteArray()) << csvField(column.name + unit);
    }
    out << QByteArrayLiteral("\r\n");
    for (qint64 row = 0; row < table.rowCount && out.ok(); ++row) {
        for (int c = 0; c < table.columnCount(); ++c)
            out << (c > 0 ? QByteArrayLiteral(",") : QByteArray()) << csvCell(table.cell(row, c));
        out << QByteArrayLiteral("\r\n");
    }
    return out.finish();
}

bool writeJson(QIODevice& device, const Figure& figure, const QByteArray& recipe)
{
    const FigureTable table = figure.table();
    Sink out(device);
    out << "{";
    if (!recipe.isEmpty())
        out << "\"recipe\":" << recipe << ",\n ";
    out << "\"figure\":" << jsonText(figure.id()) << ",\n \"title\":" << jsonText(figure.title())
        << ",\n \"caption\":" << jsonText(figure.caption()) << ",\n \"columns\":[";
    for (int c = 0; c < table.columnCount(); ++c) {
        const FigureTable::Column& column = table.columns[static_cast<std::size_t>(c)];
        out << (c > 0 ? "," : "") << "{\"name\":" << jsonText(column.name) << ",\"unit\":" << jsonText(column.unit)
            << "}";
    }
    out << "],\n \"rows\":[";
    for (qint64 row = 0; row < table.rowCount && out.ok(); ++row) {
        out << (row > 0 ? ",\n  [" : "\n  [");
        for (int c = 0; c < table.columnCount(); ++c)
            out << (c > 0 ? QByteArrayLiteral(",") : QByteArray()) << jsonCell(table.cell(row, c));
        out << "]";
    }
    out << "\n ]}\n";
    return out.finish();
}

bool writeNpy(QIODevice& device, const Array& array)
{
    QByteArray shape;
    for (const std::int64_t n : array.shape)
        shape += QByteArray::number(static_cast<qlonglong>(n)) + ", ";
    QByteArray header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + shape + "), }";
    constexpr qsizetype kPreamble = 10;  // magic, version, length
    while ((kPreamble + header.size() + 1) % kNpyAlignment != 0)
        header += ' ';
    header += '\n';
    QByteArray preamble("\x93NUMPY\x01\x00", 8);
    const auto length = qToLittleEndian(static_cast<quint16>(header.size()));
    preamble.append(reinterpret_cast<const char*>(&length), sizeof(length));

    Sink out(device);
    out << preamble << header;
    QByteArray bytes(4, Qt::Uninitialized);
    for (const float value : array.values) {
        qToLittleEndian(value, bytes.data());
        out << bytes;
    }
    return out.finish();
}

}  // namespace mixer::vis
