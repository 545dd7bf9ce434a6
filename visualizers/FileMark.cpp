// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/FileMark.h"

#include <QCryptographicHash>
#include <QFile>
#include <QFileInfo>

#include <algorithm>
#include <mutex>
#include <vector>

namespace mixer::vis {

namespace {

constexpr std::uint64_t kPiece = 1 << 22;

QByteArray digest(const TensorFile::Bytes& bytes, const CancelToken& cancel)
{
    QCryptographicHash hash(QCryptographicHash::Sha256);
    for (std::uint64_t at = 0; at < bytes.size; at += kPiece) {
        cancel.check();
        const auto length = static_cast<qsizetype>(std::min(kPiece, bytes.size - at));
        hash.addData(QByteArrayView(bytes.data + at, length));
    }
    return hash.result().toHex();
}

QByteArray digest(const QString& path, const CancelToken& cancel)
{
    QFile file(path);
    const auto fail = [&] {
        throw Error(ErrorKind::File,
                    path.toStdString() + ": expected a file to read, found: " + file.errorString().toStdString());
    };
    if (!QFileInfo(path).isFile() || !file.open(QIODevice::ReadOnly))
        fail();
    QCryptographicHash hash(QCryptographicHash::Sha256);
    while (!file.atEnd()) {
        cancel.check();
        const QByteArray piece = file.read(kPiece);
        if (piece.isEmpty())
            fail();
        hash.addData(piece);
    }
    return hash.result().toHex();
}

QByteArray digest(const Checkpoint& checkpoint, const CancelToken& cancel)
{
    std::vector<QByteArray> parts;
    for (const TensorFile::Bytes& bytes : checkpoint.file->contents())
        parts.push_back(digest(bytes, cancel));
    const QString origin = QString::fromStdString(checkpoint.configOrigin);
    if (origin.endsWith(QStringLiteral(".json"))) {
        const QFileInfo model(QFile::decodeName(checkpoint.path().c_str()));
        parts.push_back(digest(model.path() + QLatin1Char('/') + origin, cancel));
    }
    if (parts.size() == 1)
        return parts.front();
    QCryptographicHash all(QCryptographicHash::Sha256);
    for (const QByteArray& part : parts)
        all.addData(QByteArray(part + '\n'));
    return all.result().toHex();
}

}  // namespace

FileMark markOf(const QString& path, const CancelToken& cancel)
{
    return {path, QString::fromLatin1(digest(path, cancel))};
}

FileMark markOf(const Checkpoint& checkpoint, const QString& path, const CancelToken& cancel)
{
    static std::mutex mutex;
    static std::weak_ptr<const TensorFile> known;
    static QString knownDigest;
    const std::lock_guard<std::mutex> lock(mutex);
    if (known.lock() != checkpoint.file) {
        knownDigest = QString::fromLatin1(digest(checkpoint, cancel));
        known = checkpoint.file;
    }
    return {path, knownDigest};
}

}  // namespace mixer::vis
