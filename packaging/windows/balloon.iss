; Inno Setup 6: the installer of the bundle. iscc /DVersion=0.1.0 /DSource=dist\balloon /DOutput=dist packaging\windows\balloon.iss
; For one person by default, without administrator's rights; for all on the first page. What Balloon keeps stays when it is
; uninstalled, unless the person says otherwise.
#ifndef Version
  #error Say /DVersion=...
#endif
#ifndef Suffix
  #define Suffix ""
#endif

[Setup]
AppId={{6B8F4C52-7C0E-4E0B-9C57-0B4A1D2E9F63}
AppName=Balloon
AppVersion={#Version}
AppPublisher=The Balloon team
VersionInfoVersion={#Version}
DefaultDirName={autopf}\Balloon
DefaultGroupName=Balloon
DisableProgramGroupPage=yes
PrivilegesRequired=lowest
PrivilegesRequiredOverridesAllowed=dialog
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
MinVersion=10.0.17763
LicenseFile=..\..\LICENSE
SetupIconFile=..\..\build\icons\balloon.ico
UninstallDisplayIcon={app}\balloon.exe
OutputDir={#Output}
OutputBaseFilename=balloon{#Suffix}-{#Version}-windows-x86_64-setup
Compression=lzma2/max
SolidCompression=yes
WizardStyle=modern
ChangesAssociations=yes
ChangesEnvironment=yes
CloseApplications=yes
#ifdef Sign
SignTool=balloon
SignedUninstaller=yes
#endif

[Languages]
Name: "en"; MessagesFile: "compiler:Default.isl"
#if FileExists(CompilerPath + "Languages\ChineseSimplified.isl")
Name: "zh"; MessagesFile: "compiler:Languages\ChineseSimplified.isl"
#else
; Inno Setup's own words stay English where this translation does not come with it; ours are Chinese.
Name: "zh"; MessagesFile: "compiler:Default.isl"
#endif

[LangOptions]
zh.LanguageName=简体中文
zh.LanguageID=$0804

[CustomMessages]
en.Comment=Find photos on your own computer by what is in them
zh.Comment=按内容查找自己电脑上的照片
en.OpenWith=Offer Balloon under "Open with" for pictures and folders
zh.OpenWith=在图片和文件夹的“打开方式”中显示 Balloon
en.CommandLine=Make the command balloon known in terminals
zh.CommandLine=在终端中可以直接使用 balloon 命令
en.SearchFolder=Search with Balloon
zh.SearchFolder=用 Balloon 搜索
en.AskData=Balloon's library, with captions that you wrote, its settings and caches are still on this computer. Remove them, too? Your photos stay in any case.
zh.AskData=Balloon 的资料库（包括您写的描述）、设置和缓存仍在这台电脑上。也要删除吗？无论如何，您的照片都会保留。

[Tasks]
Name: "desktopicon"; Description: "{cm:CreateDesktopIcon}"; Flags: unchecked
Name: "openwith"; Description: "{cm:OpenWith}"
Name: "path"; Description: "{cm:CommandLine}"; Flags: unchecked

[Files]
Source: "..\..\{#Source}\*"; DestDir: "{app}"; Flags: ignoreversion recursesubdirs createallsubdirs

[InstallDelete]
; A newer version brings other files: nothing of the old one is to be imported.
Type: filesandordirs; Name: "{app}\_internal"

[Icons]
Name: "{autoprograms}\Balloon"; Filename: "{app}\balloon.exe"; Comment: "{cm:Comment}"
Name: "{autodesktop}\Balloon"; Filename: "{app}\balloon.exe"; Comment: "{cm:Comment}"; Tasks: desktopicon

[Registry]
Root: HKA; Subkey: "Software\Classes\Applications\balloon.exe"; ValueType: string; ValueName: "FriendlyAppName"; ValueData: "Balloon"; Flags: uninsdeletekey; Tasks: openwith
Root: HKA; Subkey: "Software\Classes\Applications\balloon.exe\shell\open\command"; ValueType: string; ValueData: """{app}\balloon.exe"" open ""%1"""; Flags: uninsdeletekey; Tasks: openwith
Root: HKA; Subkey: "Software\Classes\Applications\balloon.exe\SupportedTypes"; ValueType: string; ValueName: ".jpg"; ValueData: ""; Tasks: openwith
Root: HKA; Subkey: "Software\Classes\Applications\balloon.exe\SupportedTypes"; ValueType: string; ValueName: ".jpeg"; ValueData: ""; Tasks: openwith
Root: HKA; Subkey: "Software\Classes\Applications\balloon.exe\SupportedTypes"; ValueType: string; ValueName: ".jpe"; ValueData: ""; Tasks: openwith
Root: HKA; Subkey: "Software\Classes\Applications\balloon.exe\SupportedTypes"; ValueType: string; ValueName: ".jfif"; ValueData: ""; Tasks: openwith
Root: HKA; Subkey: "Software\Classes\Applications\balloon.exe\SupportedTypes"; ValueType: string; ValueName: ".png"; ValueData: ""; Tasks: openwith
Root: HKA; Subkey: "Software\Classes\Applications\balloon.exe\SupportedTypes"; ValueType: string; ValueName: ".apng"; ValueData: ""; Tasks: openwith
Root: HKA; Subkey: "Software\Classes\Applications\balloon.exe\SupportedTypes"; ValueType: string; ValueName: ".webp"; ValueData: ""; Tasks: openwith
Root: HKA; Subkey: "Software\Classes\Applications\balloon.exe\SupportedTypes"; ValueType: string; ValueName: ".gif"; ValueData: ""; Tasks: openwith
Root: HKA; Subkey: "Software\Classes\Applications\balloon.exe\SupportedTypes"; ValueType: string; ValueName: ".bmp"; ValueData: ""; Tasks: openwith
Root: HKA; Subkey: "Software\Classes\Applications\balloon.exe\SupportedTypes"; ValueType: string; ValueName: ".tif"; ValueData: ""; Tasks: openwith
Root: HKA; Subkey: "Software\Classes\Applications\balloon.exe\SupportedTypes"; ValueType: string; ValueName: ".tiff"; ValueData: ""; Tasks: openwith
Root: HKA; Subkey: "Software\Classes\Applications\balloon.exe\SupportedTypes"; ValueType: string; ValueName: ".jp2"; ValueData: ""; Tasks: openwith
Root: HKA; Subkey: "Software\Classes\Applications\balloon.exe\SupportedTypes"; ValueType: string; ValueName: ".heic"; ValueData: ""; Tasks: openwith
Root: HKA; Subkey: "Software\Classes\Applications\balloon.exe\SupportedTypes"; ValueType: string; ValueName: ".heif"; ValueData: ""; Tasks: openwith
Root: HKA; Subkey: "Software\Classes\Applications\balloon.exe\SupportedTypes"; ValueType: string; ValueName: ".hif"; ValueData: ""; Tasks: openwith
Root: HKA; Subkey: "Software\Classes\Applications\balloon.exe\SupportedTypes"; ValueType: string; ValueName: ".avif"; ValueData: ""; Tasks: openwith
Root: HKA; Subkey: "Software\Classes\Applications\balloon.exe\SupportedTypes"; ValueType: string; ValueName: ".dng"; ValueData: ""; Tasks: openwith
Root: HKA; Subkey: "Software\Classes\Applications\balloon.exe\SupportedTypes"; ValueType: string; ValueName: ".cr2"; ValueData: ""; Tasks: openwith
Root: HKA; Subkey: "Software\Classes\Applications\balloon.exe\SupportedTypes"; ValueType: string; ValueName: ".cr3"; ValueData: ""; Tasks: openwith
Root: HKA; Subkey: "Software\Classes\Applications\balloon.exe\SupportedTypes"; ValueType: string; ValueName: ".nef"; ValueData: ""; Tasks: openwith
Root: HKA; Subkey: "Software\Classes\Applications\balloon.exe\SupportedTypes"; ValueType: string; ValueName: ".arw"; ValueData: ""; Tasks: openwith
Root: HKA; Subkey: "Software\Classes\Applications\balloon.exe\SupportedTypes"; ValueType: string; ValueName: ".raf"; ValueData: ""; Tasks: openwith
Root: HKA; Subkey: "Software\Classes\Applications\balloon.exe\SupportedTypes"; ValueType: string; ValueName: ".orf"; ValueData: ""; Tasks: openwith
Root: HKA; Subkey: "Software\Classes\Applications\balloon.exe\SupportedTypes"; ValueType: string; ValueName: ".rw2"; ValueData: ""; Tasks: openwith
Root: HKA; Subkey: "Software\Classes\Applications\balloon.exe\SupportedTypes"; ValueType: string; ValueName: ".pef"; ValueData: ""; Tasks: openwith
Root: HKA; Subkey: "Software\Classes\Applications\balloon.exe\SupportedTypes"; ValueType: string; ValueName: ".srw"; ValueData: ""; Tasks: openwith
Root: HKA; Subkey: "Software\Classes\Directory\shell\Balloon"; ValueType: string; ValueData: "{cm:SearchFolder}"; Flags: uninsdeletekey; Tasks: openwith
Root: HKA; Subkey: "Software\Classes\Directory\shell\Balloon"; ValueType: string; ValueName: "Icon"; ValueData: "{app}\balloon.exe"; Flags: uninsdeletekey; Tasks: openwith
Root: HKA; Subkey: "Software\Classes\Directory\shell\Balloon\command"; ValueType: string; ValueData: """{app}\balloon.exe"" open ""%1"""; Flags: uninsdeletekey; Tasks: openwith
; App Paths makes `balloon` known to the Run box and to `start`; the PATH is for terminals.
Root: HKA; Subkey: "Software\Microsoft\Windows\CurrentVersion\App Paths\balloon.exe"; ValueType: string; ValueData: "{app}\balloon.exe"; Flags: uninsdeletekey
Root: HKCU; Subkey: "Environment"; ValueType: expandsz; ValueName: "Path"; ValueData: "{olddata};{app}"; Tasks: path; Check: IsMissingInPath

[Run]
Filename: "{app}\balloon.exe"; Description: "{cm:LaunchProgram,Balloon}"; Flags: nowait postinstall skipifsilent

[Code]
function IsMissingInPath: Boolean;
var
  Found: String;
begin
  if not RegQueryStringValue(HKCU, 'Environment', 'Path', Found) then
    Found := '';
  Result := Pos(';' + Uppercase(ExpandConstant('{app}')) + ';', ';' + Uppercase(Found) + ';') = 0;
end;

procedure RemoveFromPath;
var
  Found, Ours: String;
  At: Integer;
begin
  if not RegQueryStringValue(HKCU, 'Environment', 'Path', Found) then
    exit;
  Ours := ';' + ExpandConstant('{app}');
  At := Pos(Uppercase(Ours) + ';', Uppercase(Found) + ';');
  if At > 0 then
  begin
    Delete(Found, At, Length(Ours));
    RegWriteExpandStringValue(HKCU, 'Environment', 'Path', Found);
  end;
end;

procedure CurUninstallStepChanged(Step: TUninstallStep);
var
  Code: Integer;
begin
  if Step = usUninstall then
  begin
    if not UninstallSilent then
      if MsgBox(CustomMessage('AskData'), mbConfirmation, MB_YESNO or MB_DEFBUTTON2) = IDYES then
        Exec(ExpandConstant('{app}\balloon.exe'), 'library remove --yes --quiet', '', SW_HIDE, ewWaitUntilTerminated, Code);
    RemoveFromPath;
  end;
end;
