// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/SessionFile.h"

#include "engine/core/Error.h"
#include "ui/Translate.h"
#include "ui/document/Picture.h"
#include "ui/document/ViewJson.h"
#include "visualizers/OptionNames.h"

#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QSaveFile>
#include <QSet>

#include <cmath>

namespace mixer::ui {

namespace {

constexpr int kVersion = 1;
constexpr qint64 kLargestFile = 256 << 20;

const QString kPath = QStringLiteral("path");
const QString kFeatureAxes = QStringLiteral("featureAxes");  // images on whose axes features are shown
const QString kNear = QStringLiteral("relative");

QString fromBytes(const std::string& path)
{
    return QFile::decodeName(path.c_str());
}

[[noreturn]] void refuse(const QString& path, const QString& what)
{
    throw Error(ErrorKind::Format, tr("%1 is no session of MixerScope: %2").arg(path, what).toStdString());
}

class Writer {
public:
    explicit Writer(const QString& sessionPath)
        : m_folder(QFileInfo(sessionPath).absoluteDir())
    {
    }

    /// A file, by its place and by its place from here.
    QJsonValue file(const QString& path) const
    {
        if (path.isEmpty())
            return {};
        return QJsonObject{{kPath, path}, {kNear, m_folder.relativeFilePath(path)}};
    }

    QJsonArray files(const QStringList& paths) const
    {
        QJsonArray array;
        for (const QString& path : paths)
            array << file(path);
        return array;
    }

    QByteArray write(const SavedSession& session) const
    {
        const QByteArray edits = QByteArray::fromStdString(session.choices.interventions.toJson());
        QJsonObject json{
            {QStringLiteral("mixerscope"), kVersion},
            {QStringLiteral("model"), file(session.model)},
            {QStringLiteral("labels"), file(fromBytes(session.labels))},
            {QStringLiteral("preprocess"), preprocess(session.preprocess)},
            {QStringLiteral("images"), files(session.images)},
            {QStringLiteral("image"), session.currentImage},
            {QStringLiteral("selection"), selection(session)},
            {QStringLiteral("view"), viewToJson(session.choices.view)},
            {QStringLiteral("edits"), QJsonDocument::fromJson(edits).object()},
        };
        if (const QStringList& axes = session.choices.view.figure.featureImages; !axes.isEmpty())
            json.insert(kFeatureAxes, files(axes));
        if (session.choices.compare.isActive())
            json.insert(QStringLiteral("compare"), compare(session.choices.compare));
        return QJsonDocument(json).toJson();
    }

private:
    template <class Numbers> static QJsonArray list(const Numbers& numbers)
    {
        QJsonArray array;
        for (const auto number : numbers)
            array << static_cast<double>(number);
        return array;
    }

    static QJsonObject preprocess(const PreprocessOverrides& overrides)
    {
        QJsonObject json;
        if (overrides.size)
            json.insert(QStringLiteral("size"), QJsonArray{overrides.size->height, overrides.size->width});
        if (overrides.mean)
            json.insert(QStringLiteral("mean"), list(*overrides.mean));
        if (overrides.std)
            json.insert(QStringLiteral("std"), list(*overrides.std));
        if (overrides.cropFraction)
            json.insert(QStringLiteral("crop"), *overrides.cropFraction);
        if (overrides.mode)
            json.insert(QStringLiteral("mode"), static_cast<int>(*overrides.mode));
        if (overrides.maxSide)
            json.insert(QStringLiteral("maxSide"), *overrides.maxSide);
        return json;
    }

    QJsonObject compare(const CompareChoice& choice) const
    {
        QJsonObject json{{QStringLiteral("with"), QLatin1String(vis::nameOf(vis::kCompareNames, choice.with).c_str())},
                         {QStringLiteral("difference"), choice.showsDifference}};
        if (!choice.path.isEmpty())
            json.insert(QStringLiteral("file"), file(choice.path));
        if (choice.with == CompareChoice::With::Arithmetic) {
            json.insert(QStringLiteral("precision"),
                        QLatin1String(vis::nameOf(vis::kPrecisionNames, choice.precision).c_str()));
            json.insert(QStringLiteral("device"), QString::fromStdString(choice.device));
        }
        return json;
    }

    static QJsonObject selection(const SavedSession& session)
    {
        const Selection& s = session.selection;
        return {{QStringLiteral("mixer"), QString::fromStdString(s.mixer.name())},
                {QStringLiteral("scan"), QString::fromStdString(session.scan)},
                {QStringLiteral("scanIndex"), s.scan},
                {QStringLiteral("step"), s.step},
                {QStringLiteral("lane"), s.lane},
                {QStringLiteral("state"), s.state},
                {QStringLiteral("class"), s.classIndex}};
    }

    QDir m_folder;
};

class Reader {
    Q_DECLARE_TR_FUNCTIONS(mixer::ui::Reader)
public:
    explicit Reader(const QString& sessionPath)
        : m_path(sessionPath)
        , m_folder(QFileInfo(sessionPath).absoluteDir())
    {
    }

    SavedSession read(const QByteArray& bytes) const
    {
        QJsonParseError problem{};
        const QJsonDocument document = QJsonDocument::fromJson(bytes, &problem);
        if (!document.isObject())
            refuse(m_path,
                   problem.error == QJsonParseError::NoError
                       ? tr("expected a JSON object")
                       : tr("%1 at byte %2").arg(problem.errorString()).arg(problem.offset));
        const QJsonObject json = document.object();
        const int version = json.value(QStringLiteral("mixerscope")).toInt();
        if (version < 1)
            refuse(m_path, tr("expected the key \"mixerscope\" with the number of the format"));
        if (version > kVersion)
            refuse(m_path,
                   tr("it has format %1, made by a newer version; this one knows up to format %2")
                       .arg(version)
                       .arg(kVersion));
        SavedSession session;
        session.model = file(json.value(QStringLiteral("model")), QStringLiteral("model"));
        session.labels
            = QFile::encodeName(file(json.value(QStringLiteral("labels")), QStringLiteral("labels"))).toStdString();
        session.preprocess = preprocess(json.value(QStringLiteral("preprocess")).toObject());
        readImages(json, session);
        readSelection(json.value(QStringLiteral("selection")).toObject(), session);
        session.choices.view = viewFromJson(json.value(QStringLiteral("view")).toObject());
        session.choices.view.figure.featureImages = files(json, kFeatureAxes, vis::kMostFeatureImages);
        const QJsonObject edits = json.value(QStringLiteral("edits")).toObject();
        if (!edits.isEmpty())
            session.choices.interventions
                = Interventions::fromJson(QJsonDocument(edits).toJson().toStdString(), m_path.toStdString());
        if (json.contains(QStringLiteral("compare")))
            session.choices.compare = compare(json.value(QStringLiteral("compare")).toObject());
        return session;
    }

private:
    /// Where the file is: where it was, else at the same place from here.
    QString file(const QJsonValue& json, const QString& key) const
    {
        if (json.isNull() || json.isUndefined())
            return {};
        const QString path = json.toObject().value(kPath).toString();
        if (path.isEmpty() || !QDir::isAbsolutePath(path))
            refuse(m_path, tr("expected an absolute \"path\" in \"%1\"").arg(key));
        const QString near = json.toObject().value(kNear).toString();
        if (QFileInfo::exists(path) || near.isEmpty() || QDir::isAbsolutePath(near))
            return path;
        const QString moved = QDir::cleanPath(m_folder.filePath(near));
        return QFileInfo::exists(moved) ? moved : path;
    }

    QStringList files(const QJsonObject& json, const QString& key, int most) const
    {
        const QJsonValue value = json.value(key);
        if (!value.isArray() && !value.isUndefined())
            refuse(m_path, tr("expected a list under \"%1\"").arg(key));
        const QJsonArray array = value.toArray();
        if (array.size() > most)
            refuse(m_path, tr("it has %1 images, the most are %2").arg(array.size()).arg(most));
        QStringList paths;
        for (const auto& item : array)
            paths << file(item, key);
        return paths;
    }

    void readImages(const QJsonObject& json, SavedSession& session) const
    {
        session.images = files(json, QStringLiteral("images"), kMaxPictures);
        const int current = json.value(QStringLiteral("image")).toInt(-1);
        session.currentImage = current >= 0 && current < session.images.size() ? current : -1;
    }

    void readSelection(const QJsonObject& json, SavedSession& session) const
    {
        const QString mixer = json.value(QStringLiteral("mixer")).toString();
        try {
            if (!mixer.isEmpty())
                session.selection.mixer = MixerId::parse(mixer.toStdString());
        } catch (const Error&) {
            refuse(m_path, tr("\"%1\" is no mixer").arg(mixer.left(80)));
        }
        const auto number
            = [&](const char* key, int fallback) { return json.value(QLatin1String(key)).toInt(fallback); };
        session.scan = json.value(QStringLiteral("scan")).toString().toStdString();
        session.selection.scan = number("scanIndex", 0);
        session.selection.step = number("step", 0);
        session.selection.lane = number("lane", -1);
        session.selection.state = number("state", -1);
        session.selection.classIndex = number("class", -1);
    }

    CompareChoice compare(const QJsonObject& json) const
    {
        CompareChoice choice;
        const int with = vis::indexOf(vis::kCompareNames, json.value(QStringLiteral("with")).toString().toStdString());
        if (with < 0)
            refuse(m_path, tr("unknown \"with\" in \"compare\""));
        choice.with = static_cast<CompareChoice::With>(with);
        choice.showsDifference = json.value(QStringLiteral("difference")).toBool();
        choice.path = file(json.value(QStringLiteral("file")), QStringLiteral("compare"));
        const bool needsFile = choice.with == CompareChoice::With::Model || choice.with == CompareChoice::With::Image;
        if (needsFile == choice.path.isEmpty())
            refuse(m_path, tr("expected a \"file\" in \"compare\" for a model or an image, and for nothing else"));
        if (choice.with != CompareChoice::With::Arithmetic)
            return choice;
        const int precision
            = vis::indexOf(vis::kPrecisionNames, json.value(QStringLiteral("precision")).toString().toStdString());
        if (precision < 0)
            refuse(m_path, tr("unknown \"precision\" in \"compare\""));
        choice.precision = static_cast<Precision>(precision);
        choice.device = json.value(QStringLiteral("device")).toString(QStringLiteral("auto")).left(32).toStdString();
        return choice;
    }

    std::optional<std::array<float, 3>> channels(const QJsonValue& json, const QString& key, bool positive) const
    {
        if (json.isUndefined())
            return std::nullopt;
        const QJsonArray list = json.toArray();
        std::array<float, 3> values{};
        for (int i = 0; i < 3; ++i) {
            const double value = list.size() == 3 ? list[i].toDouble(std::nan("")) : std::nan("");
            if (!std::isfinite(value) || std::abs(value) > 1e6 || (positive && value < 1e-6))
                refuse(m_path, tr("expected three numbers under \"%1\"").arg(key));
            values[static_cast<std::size_t>(i)] = static_cast<float>(value);
        }
        return values;
    }

    PreprocessOverrides preprocess(const QJsonObject& json) const
    {
        PreprocessOverrides overrides;
        const QJsonValue size = json.value(QStringLiteral("size"));
        if (!size.isUndefined()) {
            const QJsonArray sides = size.toArray();
            const PreprocessOverrides::Size read{sides.at(0).toInt(), sides.at(1).toInt()};
            if (read.height < 4 || read.width < 4 || read.height > 16384 || read.width > 16384)
                refuse(m_path, tr("expected two sides from 4 to 16384 under \"size\""));
            overrides.size = read;
        }
        overrides.mean = channels(json.value(QStringLiteral("mean")), QStringLiteral("mean"), false);
        overrides.std = channels(json.value(QStringLiteral("std")), QStringLiteral("std"), true);
        if (json.contains(QStringLiteral("crop"))) {
            overrides.cropFraction = json.value(QStringLiteral("crop")).toDouble();
            if (!(*overrides.cropFraction >= 0.1 && *overrides.cropFraction <= 1))
                refuse(m_path, tr("expected a number from 0.1 to 1 under \"crop\""));
        }
        if (json.contains(QStringLiteral("mode"))) {
            const int mode = json.value(QStringLiteral("mode")).toInt(-1);
            if (mode < 0 || mode > static_cast<int>(ResizeMode::Whole))
                refuse(m_path, tr("unknown \"mode\" %1").arg(mode));
            overrides.mode = static_cast<ResizeMode>(mode);
        }
        if (json.contains(QStringLiteral("maxSide"))) {
            overrides.maxSide = json.value(QStringLiteral("maxSide")).toInt();
            if (*overrides.maxSide < 32 || *overrides.maxSide > 16384)
                refuse(m_path, tr("expected a side from 32 to 16384 under \"maxSide\""));
        }
        return overrides;
    }

    QString m_path;
    QDir m_folder;
};

/// The image that a patch takes something from; null: no patch.
std::string* sourceOf(Edit& edit)
{
    if (auto* output = std::get_if<PatchOutput>(&edit.change))
        return &output->image;
    if (auto* state = std::get_if<PatchState>(&edit.change))
        return &state->image;
    return nullptr;
}

}  // namespace

bool looksLikeSession(const QString& path)
{
    return QFileInfo(path).suffix().compare(QLatin1String(kSessionSuffix), Qt::CaseInsensitive) == 0;
}

QStringList SavedSession::files() const
{
    QStringList files;
    if (!model.isEmpty())
        files << model;
    if (!labels.empty())
        files << fromBytes(labels);
    files += images;
    if (!choices.compare.path.isEmpty())
        files << choices.compare.path;
    for (Edit edit : choices.interventions.edits) {
        if (const std::string* source = sourceOf(edit))
            files << fromBytes(*source);
    }
    files.removeDuplicates();
    return files;
}

void SavedSession::rename(const QHash<QString, QString>& names)
{
    const auto renamed = [&](const QString& path) { return names.value(path, path); };
    model = renamed(model);
    labels = QFile::encodeName(renamed(fromBytes(labels))).toStdString();
    for (Edit& edit : choices.interventions.edits) {
        std::string* source = sourceOf(edit);
        const QString now = source ? renamed(fromBytes(*source)) : QString();
        if (source && now.isEmpty())
            edit.enabled = false;  // nothing to take from any more; the list still says what was
        else if (source)
            *source = QFile::encodeName(now).toStdString();
    }
    if (!choices.compare.path.isEmpty()) {
        choices.compare.path = renamed(choices.compare.path);
        if (choices.compare.path.isEmpty())
            choices.compare = {};  // nothing to compare with any more
    }
    QStringList kept;
    QSet<QString> known;
    int current = -1;
    for (int i = 0; i < images.size(); ++i) {
        const QString now = renamed(images[i]);
        if (now.isEmpty() || known.contains(now))
            continue;
        if (i == currentImage)
            current = static_cast<int>(kept.size());
        kept << now;
        known << now;
    }
    images = kept;
    currentImage = current >= 0 || kept.isEmpty() ? current : 0;
}

QByteArray sessionToJson(const SavedSession& session, const QString& path)
{
    return Writer(path).write(session);
}

SavedSession sessionFromJson(const QByteArray& json, const QString& path)
{
    return Reader(path).read(json);
}

void saveSession(const SavedSession& session, const QString& path)
{
    QSaveFile file(path);
    const QByteArray json = sessionToJson(session, path);
    if (!file.open(QIODevice::WriteOnly) || file.write(json) != json.size() || !file.commit())
        throw Error(ErrorKind::File, tr("%1 cannot be written: %2").arg(path, file.errorString()).toStdString());
}

SavedSession loadSession(const QString& path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        throw Error(ErrorKind::File, tr("%1 cannot be read: %2").arg(path, file.errorString()).toStdString());
    if (file.size() > kLargestFile)
        refuse(path, tr("it has %1 bytes, the most are %2").arg(file.size()).arg(kLargestFile));
    return sessionFromJson(file.readAll(), path);
}

}  // namespace mixer::ui
