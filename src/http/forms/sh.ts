import type { Apply } from "../../render/apply.ts";
import type { RenderedFile, Rendering } from "../../render/renderer.ts";
import { shellQuote } from "../../render/text/shell.ts";
import type { Content } from "./content.ts";

/**
 * A POSIX script that installs the files: each is written beside its place and moved there, so that no reader sees half of
 * one; a shared file keeps what others wrote. All is inside `main`, so that a download cut short runs nothing.
 */
export const shellScript = ({ title, files, rendering, apply }: Content): string =>
  [
    "#!/bin/sh",
    `# ${title}`,
    "# Run it as root on the node. It may run again: every step replaces what the last run wrote.",
    "set -eu",
    FUNCTIONS,
    "main() {",
    ...files.map(installStep),
    ...keyStep(rendering),
    ...nextStep(apply),
    "}",
    "",
    "main",
    "",
  ].join("\n");

const FUNCTIONS = `
# put PATH MODE OWNER GROUP < content
# The folder may belong to the product's user, who must not make root write elsewhere: the draft is made inside a
# folder of our own, which we stand in and have checked to be ours, and leaves it for the folder above.
put() {
  folder=$(dirname "$1")
  target=../$(basename "$1")
  (umask 022 && mkdir -p "$folder")
  draft=$(mktemp -d "$folder/.interlock.XXXXXX")
  (
    cd "$draft"
    [ -O . ]
    [ "$(basename "$(pwd -P)")" = "$(basename "$draft")" ]
    umask 077
    cat > file
    chmod "$2" file
    if id -u "$3" > /dev/null 2>&1; then
      chown "$3:$4" file
    else
      echo "interlock: there is no user $3 yet; give $1 to $3:$4 when there is" >&2
    fi
    if [ -d "$target" ] && [ ! -L "$target" ]; then
      echo "interlock: $1 is a folder; remove it and run again" >&2
      exit 1
    fi
    # A link is replaced, not followed, also one to a folder.
    if [ -L "$target" ]; then rm -f "$target"; fi
    mv -f file "$target"
  )
  rmdir "$draft"
  echo "interlock: wrote $1" >&2
}

# merge PATH MODE OWNER GROUP < block: replaces the block of the last run, keeps every other line
# What is there is read from a copy of our own: a link in its place could lead to what only root may read.
merge() {
  rest=
  if [ -e "$1" ] || [ -L "$1" ]; then
    copies=$(mktemp -d)
    cp -P "$1" "$copies/file"
    if [ -L "$copies/file" ] || [ ! -f "$copies/file" ]; then
      echo "interlock: $1 is not a plain file; remove it and run again" >&2
      exit 1
    fi
    if [ "$(grep -c '^# BEGIN interlock$' "$copies/file")" != "$(grep -c '^# END interlock$' "$copies/file")" ]; then
      echo "interlock: $1 has half a block of ours; remove it and run again" >&2
      exit 1
    fi
    rest=$(sed '/^# BEGIN interlock$/,/^# END interlock$/d' "$copies/file")
    rm -r "$copies"
  fi
  {
    if [ -n "$rest" ]; then printf '%s\\n' "$rest"; fi
    echo '# BEGIN interlock'
    cat
    echo '# END interlock'
  } | put "$@"
}
`;

const installStep = (file: RenderedFile): string => {
  const command = file.mergeComment === null ? "put" : "merge";
  const words = [file.path, file.mode, file.owner, file.group].map(shellQuote).join(" ");
  const end = delimiterFor(file.content);
  return `${command} ${words} <<'${end}'\n${file.content}${file.content.endsWith("\n") ? "" : "\n"}${end}`;
};

/** A line that the content does not have, so that the here-document ends where it should. */
const delimiterFor = (content: string): string => {
  const lines = new Set(content.split("\n"));
  let delimiter = "INTERLOCK";
  while (lines.has(delimiter)) delimiter += "_";
  return delimiter;
};

const keyStep = ({ privateKey, apply }: Rendering): readonly string[] => [
  `if [ ! -f ${shellQuote(privateKey.path)} ]; then`,
  `  echo ${shellQuote(`interlock: put the node's private key at ${privateKey.path} (mode ${privateKey.mode}, ${privateKey.owner}:${privateKey.group})`)} >&2`,
  ...(apply.prepare.length === 0 ? [] : ["else", ...apply.prepare.map((command) => `  ${command}`)]),
  "fi",
];

const nextStep = ({ effect, commands, detail }: Apply): readonly string[] => {
  if (effect === "none") return [say(`there is nothing to run: ${detail}`)];
  if (commands.length === 0) return [say("now restart the node")];
  return commands.map((command) => say(`next, run: ${command}`));
};

const say = (sentence: string): string => `echo ${shellQuote(`interlock: ${sentence}`)} >&2`;
