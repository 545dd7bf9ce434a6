// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QCoreApplication>
#include <QString>

namespace mixer::ui {

/// A text of the window in its language, for what is no QObject with a tr() of its own. The context is the one that
/// lupdate gives to a free function of this namespace: the text must be a literal at the call.
inline QString tr(const char* text, const char* hint = nullptr, int count = -1)
{
    return QCoreApplication::translate("mixer::ui", text, hint, count);
}

/// The name of a command without its mnemonic: "Open model…" of "Open &model…", and without the "(&M)" that East Asian
/// languages append.
QString withoutMnemonic(const QString& text);

/// What the engine says of its progress ("image 3 of 20"), in the language of the window. What is not known here, names
/// above all, stays as it is.
QString engineText(const QString& english);

}  // namespace mixer::ui
