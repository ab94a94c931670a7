import { ok, type Result } from "../result.ts";
import { refuse, type Refusal } from "../refusal.ts";

/**
 * An absolute, normalised path of a node. Holding one means that it survives every format that we print: neither Erlang, nor a shell
 * that splits unquoted words, nor HOCON sees anything in it but a path.
 */
export type InstallPath = string & { readonly __brand: "InstallPath" };

export type PathForm = "posix" | "windows";

/** What a POSIX tar header can hold (255 octets), so that a file has one path in every form of a bundle. */
export const MAX_INSTALL_PATH_LENGTH = 255;

/** `erlang.md` §13: RabbitMQ and Elixir split these words and cannot be told to quote. */
const POSIX = /^(?:\/[A-Za-z0-9_.:@+=,-]+)+$/;
/** `erlang.md` §7: what a batch file passes on unchanged; the drive has the only colon. */
const WINDOWS = /^[A-Z]:(?:\/[A-Za-z0-9_.@+-]+)+$/;

/** File systems of the kernel: a file there is not a file, and `/dev/fd/3` is another one for each process. */
const KERNEL_FOLDERS = new Set(["proc", "dev", "sys"]);

/**
 * Takes an absolute path in normal form: no `.`, `..` or empty segment, no slash at the end, nothing below /proc, /dev or /sys.
 * The windows form is `C:/…`, with forward slashes.
 *
 * @param field the member or parameter that the refusal names
 */
export const parseInstallPath = (
  text: string,
  field = "path",
  form: PathForm = "posix",
): Result<InstallPath, Refusal> =>
  isInstallPath(text, form)
    ? ok(text)
    : refuse({ code: "option-invalid", field, detail: `${field} ${installPathRule(form)}` });

/** The rule of {@link parseInstallPath} as one sentence. */
export const installPathRule = (form: PathForm): string =>
  form === "posix"
    ? "must be an absolute POSIX path of letters, digits and _ . / : @ + = , - without . or .. segments or a slash at the end, outside /proc, /dev and /sys, at most 255 characters"
    : "must be a Windows path such as C:/RabbitMQ with forward slashes, of letters, digits and _ . / @ + - without . or .. segments or a slash at the end, at most 255 characters";

export const isInstallPath = (text: string, form: PathForm): text is InstallPath => {
  if (text.length > MAX_INSTALL_PATH_LENGTH || !(form === "posix" ? POSIX : WINDOWS).test(text)) return false;
  const segments = text.split("/").slice(1);
  if (segments.some((segment) => segment === "." || segment === "..")) return false;
  return form === "windows" || !KERNEL_FOLDERS.has(segments[0] ?? "");
};

/** Leaves room for the longest name that a renderer puts into a folder. */
export const MAX_FOLDER_LENGTH = MAX_INSTALL_PATH_LENGTH - 32;

/** A file whose name is a literal of ours, in a folder of at most {@link MAX_FOLDER_LENGTH} characters. */
export const fileIn = (folder: InstallPath, name: string): InstallPath => {
  const path = `${folder}/${name}`;
  if (!isInstallPath(path, pathFormOf(folder)))
    throw new Error("the file's name is not a path segment, or the folder's is too long");
  return path;
};

export const pathFormOf = (path: InstallPath): PathForm => (path.startsWith("/") ? "posix" : "windows");
