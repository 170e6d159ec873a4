<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
<context>
    <name>FolderModel</name>
    <message numerus="yes">
        <source>%Ln photo file(s)</source>
        <translation>
            <numerusform>%Ln photo file</numerusform>
            <numerusform>%Ln photo files</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln missing</source>
        <translation>
            <numerusform>%Ln missing</numerusform>
            <numerusform>%Ln missing</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln problem file(s)</source>
        <translation>
            <numerusform>%Ln problem file</numerusform>
            <numerusform>%Ln problem files</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>IndexStatus</name>
    <message numerus="yes">
        <source>%Ln file(s) with problems</source>
        <translation>
            <numerusform>%Ln file with problems</numerusform>
            <numerusform>%Ln files with problems</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{indexed} of %Ln photo(s) can be searched</source>
        <translation>
            <numerusform>{indexed} of %Ln photo can be searched</numerusform>
            <numerusform>{indexed} of %Ln photos can be searched</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln photo(s) can be searched</source>
        <translation>
            <numerusform>%Ln photo can be searched</numerusform>
            <numerusform>%Ln photos can be searched</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln file(s) in your folders.</source>
        <translation>
            <numerusform>%Ln file in your folders.</numerusform>
            <numerusform>%Ln files in your folders.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>about %n minute(s) left</source>
        <translation>
            <numerusform>about %n minute left</numerusform>
            <numerusform>about %n minutes left</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>about %n hour(s) left</source>
        <translation>
            <numerusform>about %n hour left</numerusform>
            <numerusform>about %n hours left</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>IssuesView</name>
    <message numerus="yes">
        <source>%Ln file(s) could not be used. All others can be searched.</source>
        <translation>
            <numerusform>%Ln file could not be used. All others can be searched.</numerusform>
            <numerusform>%Ln files could not be used. All others can be searched.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>PhotoFacts</name>
    <message numerus="yes">
        <source>%Ln file(s) with this picture</source>
        <translation>
            <numerusform>%Ln file with this picture</numerusform>
            <numerusform>%Ln files with this picture</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>PhotoMenu</name>
    <message numerus="yes">
        <source>Copy %Ln file(s)</source>
        <translation>
            <numerusform>Copy file</numerusform>
            <numerusform>Copy %Ln files</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Copy %Ln path(s)</source>
        <translation>
            <numerusform>Copy path</numerusform>
            <numerusform>Copy %Ln paths</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>PhotoModel</name>
    <message numerus="yes">
        <source>%Ln more like it</source>
        <translation>
            <numerusform>%Ln more like it</numerusform>
            <numerusform>%Ln more like it</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Tray</name>
    <message numerus="yes">
        <source>%Ln new photo(s) can be searched</source>
        <translation>
            <numerusform>%Ln new photo can be searched</numerusform>
            <numerusform>%Ln new photos can be searched</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>_Counts</name>
    <message numerus="yes">
        <source>%Ln photo(s)</source>
        <translation>
            <numerusform>%Ln photo</numerusform>
            <numerusform>%Ln photos</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln photo(s), the most similar first</source>
        <translation>
            <numerusform>%Ln photo, the most similar first</numerusform>
            <numerusform>%Ln photos, the most similar first</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln match(es)</source>
        <translation>
            <numerusform>%Ln match</numerusform>
            <numerusform>%Ln matches</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln possible</source>
        <translation>
            <numerusform>%Ln possible</numerusform>
            <numerusform>%Ln possible</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln possible match(es)</source>
        <translation>
            <numerusform>%Ln possible match</numerusform>
            <numerusform>%Ln possible matches</numerusform>
        </translation>
    </message>
</context>
</TS>
