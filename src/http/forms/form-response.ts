import type { Refusal } from "../../refusal.ts";
import type { Rendering } from "../../render/renderer.ts";
import { FORMS, type Form } from "../negotiate.ts";
import type { Content } from "./content.ts";
import { jsonForm } from "./json.ts";
import { manifest } from "./manifest.ts";

/** A written form, with the media type that it goes out under. */
export interface WrittenForm {
  readonly type: string;
  readonly body: string | Uint8Array<ArrayBuffer>;
}

/**
 * Why a reply cannot be written in a form, or `null`. Asked before anything is issued: a reply that cannot be sent must not cost a
 * certificate.
 */
export const formRefusal = (form: Form, rendering: Rendering, withCertificate: boolean): Refusal | null => {
  if (form === "pem" && !withCertificate)
    return unavailable("there is no certificate in this reply to send as PEM");
  if (form !== "json" && form !== "pem" && isWindows(rendering))
    return unavailable("files for Windows come as json or pem; the other forms install on POSIX systems");
  return null;
};

/** Writes the content in a form that {@link formRefusal} has not refused. */
export const writeForm = async (form: Form, content: Content): Promise<WrittenForm> => ({
  type: FORMS[form],
  body: await bodyOf(form, content),
});

/** JSON and the manifest are what nodes fetch; the other forms are in a part of the bundle. */
const bodyOf = async (form: Form, content: Content): Promise<WrittenForm["body"]> => {
  switch (form) {
    case "json":
      return jsonForm(content);
    case "tar":
      return (await import("../beside-issuing.ts")).tarArchive(content.files, content.mtime);
    case "pem":
      return content.chain ?? "";
    case "cloud-config":
      return (await import("../beside-issuing.ts")).cloudConfig(content.files);
    case "sh":
      return (await import("../beside-issuing.ts")).shellScript(content);
    case "manifest":
      return manifest(content);
  }
};

const isWindows = ({ caBundle }: Rendering): boolean => !caBundle.path.startsWith("/");

const unavailable = (detail: string): Refusal => ({ code: "not-acceptable", field: "format", detail });
