# The Windows packages of the bundle in dist\balloon: an installer and an archive.
#   package.ps1 -Version 0.1.0 [-Suffix -cuda]
# Needs Inno Setup 6 (iscc on the PATH, or ISCC names it). To sign, set BALLOON_SIGN_COMMAND to a command line in which $f
# stands for the file, such as:
#   signtool sign /fd sha256 /tr http://timestamp.example /td sha256 /n "The name in your certificate" $f
param([Parameter(Mandatory)][string]$Version, [string]$Suffix = "")
$ErrorActionPreference = "Stop"
$root = (Resolve-Path "$PSScriptRoot\..\..").Path
$dist = Join-Path $root "dist"

function Find-Compiler {
    if ($env:ISCC) { return $env:ISCC }
    $found = Get-Command iscc -ErrorAction SilentlyContinue
    if ($found) { return $found.Source }
    foreach ($folder in ${env:ProgramFiles(x86)}, $env:ProgramFiles) {
        $file = Join-Path $folder "Inno Setup 6\ISCC.exe"
        if (Test-Path $file) { return $file }
    }
    throw "Inno Setup 6 is not here: install it, or set ISCC to ISCC.exe."
}

function Invoke-Sign([string]$file) {
    & cmd /c $env:BALLOON_SIGN_COMMAND.Replace('$f', "`"$file`"")
    if ($LASTEXITCODE -ne 0) { throw "$file could not be signed." }
}

$arguments = @("/Qp", "/DVersion=$Version", "/DSuffix=$Suffix", "/DSource=dist\balloon", "/DOutput=$dist")
if ($env:BALLOON_SIGN_COMMAND) {
    Invoke-Sign (Join-Path $dist "balloon\balloon.exe")
    Invoke-Sign (Join-Path $dist "balloon\balloon-engine.exe")
    # Inno Setup has its own sign for a quote in a command line: $q.
    $arguments += "/DSign", "/Sballoon=$($env:BALLOON_SIGN_COMMAND.Replace('"', '$q'))"
}
& (Find-Compiler) @arguments (Join-Path $PSScriptRoot "balloon.iss")
if ($LASTEXITCODE -ne 0) { throw "The installer could not be made." }
Compress-Archive -Force -Path (Join-Path $dist "balloon") -DestinationPath (Join-Path $dist "balloon$Suffix-$Version-windows-x86_64.zip")
