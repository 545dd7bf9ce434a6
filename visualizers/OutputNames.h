// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <vector>

namespace mixer::vis {

/// What the placeholders of one file's name stand for.
struct OutputName {
    QString image;   ///< name of the picture without folder and ending
    QString model;   ///< the same of the checkpoint
    QString mixer;   ///< "stages.0.blocks.0.token_mixers.0"
    QString figure;  ///< "gates"
    int index = 1;   ///< of the picture, from 1
};

/// Where files go: a file's name with placeholders {image} {model} {mixer} {figure} {index} {index:03}; {{ and }} are
/// braces. A folder (it ends with / or is one already) stands for FOLDER/{image}-{figure}.FORMAT.
class OutputNames {
public:
    /// Throws Error(Usage) for an empty pattern, a placeholder that does not exist, a brace without its other, an
    /// ending that is none of `endings`.
    OutputNames(const QString& pattern, const QString& format, const QStringList& endings);

    QString path(const OutputName& name) const;
    /// The paths of all. Throws Error(Usage) when two of them are the same file.
    QStringList paths(const std::vector<OutputName>& names) const;
    /// Makes the folders that the pattern itself asks for: a named folder, or those whose names hold placeholders.
    /// Others must be there. Throws Error(File).
    void makeFolders(const QStringList& paths) const;

private:
    QString m_pattern;
    bool m_makesFolders = false;
};

}  // namespace mixer::vis
