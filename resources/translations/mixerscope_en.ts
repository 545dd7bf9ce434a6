<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
<context>
    <name>mixer::ui</name>
    <message numerus="yes">
        <source>all %n tensors used</source>
        <translation>
            <numerusform>all %n tensor used</numerusform>
            <numerusform>all %n tensors used</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n tensors: %1</source>
        <translation>
            <numerusform>%n tensor: %1</numerusform>
            <numerusform>%n tensors: %1</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1; %n guesses</source>
        <comment>after the numbers of tensors</comment>
        <translation>
            <numerusform>%1; %n guess</numerusform>
            <numerusform>%1; %n guesses</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>mixer::ui::FileCommands</name>
    <message numerus="yes">
        <source>Two checkpoints are compared at a time; %n were left out</source>
        <translation>
            <numerusform>Two checkpoints are compared at a time; %n was left out</numerusform>
            <numerusform>Two checkpoints are compared at a time; %n were left out</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>mixer::ui::ImagesView</name>
    <message numerus="yes">
        <source>%n images</source>
        <translation>
            <numerusform>%n image</numerusform>
            <numerusform>%n images</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>mixer::ui::InspectionDocument</name>
    <message numerus="yes">
        <source>%n images of the table failed; hover them in the list to read why</source>
        <translation>
            <numerusform>%n image of the table failed; hover it in the list to read why</numerusform>
            <numerusform>%n images of the table failed; hover them in the list to read why</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n images were left out because they cannot be decoded. The first: %1</source>
        <translation>
            <numerusform>%n image was left out because it cannot be decoded. The file: %1</numerusform>
            <numerusform>%n images were left out because they cannot be decoded. The first: %1</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>mixer::ui::MainWindow</name>
    <message numerus="yes">
        <source>%n edits</source>
        <translation>
            <numerusform>%n edit</numerusform>
            <numerusform>%n edits</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>mixer::ui::MissingFileDialog</name>
    <message numerus="yes">
        <source>The same for %n others that are missing</source>
        <translation>
            <numerusform>The same for %n other that is missing</numerusform>
            <numerusform>The same for %n others that are missing</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>mixer::ui::RouterView</name>
    <message numerus="yes">
        <source>Studying %n images</source>
        <translation>
            <numerusform>Studying %n image</numerusform>
            <numerusform>Studying %n images</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n images</source>
        <translation>
            <numerusform>%n image</numerusform>
            <numerusform>%n images</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>mixer::ui::StatusStrip</name>
    <message numerus="yes">
        <source>%n threads</source>
        <translation>
            <numerusform>%n thread</numerusform>
            <numerusform>%n threads</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n warnings</source>
        <translation>
            <numerusform>%n warning</numerusform>
            <numerusform>%n warnings</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n edits active</source>
        <translation>
            <numerusform>%n edit active</numerusform>
            <numerusform>%n edits active</numerusform>
        </translation>
    </message>
</context>
</TS>
