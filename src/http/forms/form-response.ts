import { refuse, type Refusal } from "../../refusal.ts";
import { ok, type Result } from "../../result.ts";
import { FORMS, type Form } from "../negotiate.ts";
import { cloudConfig } from "./cloud-config.ts";
import type { Content } from "./content.ts";
import { jsonForm } from "./json.ts";
import { manifest } from "./manifest.ts";
import { shellScript } from "./sh.ts";
import { tarArchive } from "./tar.ts";

/** A written form, with the media type that it goes out under. */
export interface WrittenForm {
  readonly type: string;
  readonly body: string | Uint8Array<ArrayBuffer>;
}

/** Writes the content in the form that was asked for. Refuses with `not-acceptable` where the content has no such form. */
export const writeForm = async (form: Form, content: Content): Promise<Result<WrittenForm, Refusal>> => {
  if (form === "pem" && content.chain === null)
    return unavailable("there is no certificate in this reply to send as PEM");
  if (form !== "json" && form !== "pem" && isWindows(content)) {
    return unavailable("files for Windows come as json or pem; the other forms install on POSIX systems");
  }
  const body = await bodyOf(form, content);
  return ok({ type: FORMS[form], body });
};

const bodyOf = (form: Form, content: Content): string | Uint8Array<ArrayBuffer> | Promise<string> => {
  switch (form) {
    case "json":
      return jsonForm(content);
    case "tar":
      return tarArchive(content.files, content.mtime);
    case "pem":
      return content.chain ?? "";
    case "cloud-config":
      return cloudConfig(content.files);
    case "sh":
      return shellScript(content.title, content.files, content.rendering);
    case "manifest":
      return manifest(content);
  }
};

const isWindows = ({ files }: Content): boolean => files.some(({ path }) => !path.startsWith("/"));

const unavailable = (detail: string): Result<never, Refusal> =>
  refuse({ code: "not-acceptable", field: "format", detail });
