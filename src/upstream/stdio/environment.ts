/** What a program needs in order to run at all, after the list of the MCP SDKs. Never the gateway's own settings. */
const INHERITED =
  "PATH HOME USER LOGNAME SHELL TERM TMPDIR LANG LC_ALL LC_CTYPE TZ " +
  // Windows
  "APPDATA COMSPEC HOMEDRIVE HOMEPATH LOCALAPPDATA PATHEXT PROCESSOR_ARCHITECTURE PROGRAMDATA PROGRAMFILES " +
  "SYSTEMDRIVE SYSTEMROOT TEMP TMP USERNAME USERPROFILE WINDIR";

/** `base` is the environment of the gateway; a secret in it stays here. Declared variables win. */
export function childEnvironment(
  base: Readonly<Record<string, string | undefined>>,
  declared: Readonly<Record<string, string>>,
): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const name of INHERITED.split(" ")) {
    const value = base[name];
    // A value that begins with "()" is a shell function (CVE-2014-6271).
    if (value !== undefined && !value.startsWith("()")) environment[name] = value;
  }
  return { ...environment, ...declared };
}
