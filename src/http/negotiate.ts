import { refuse, type Refusal } from "../refusal.ts";
import { ok, type Result } from "../result.ts";

/** The forms of a bundle, with the media types that ask for them; JSON is what `*` and silence mean. */
export const FORMS = {
  json: "application/json",
  tar: "application/x-tar",
  pem: "application/pem-certificate-chain",
  "cloud-config": "text/cloud-config",
  sh: "text/x-shellscript",
  manifest: "text/vnd.interlock.manifest",
} as const;

export type Form = keyof typeof FORMS;

const isForm = (name: string): name is Form => Object.hasOwn(FORMS, name);

/** Picks the form: `format` wins over Accept, for callers who cannot set headers. */
export const negotiate = (accept: string | null, format: string | null): Result<Form, Refusal> => {
  if (format !== null) return isForm(format) ? ok(format) : notAcceptable("format");
  const [form] = rangesOf(accept ?? "*/*").flatMap((range) => formFor(range) ?? []);
  return form === undefined ? notAcceptable("Accept") : ok(form);
};

/** Whether a refusal should be one line of text instead of a document. */
export const wantsPlainText = (accept: string | null): boolean =>
  rangesOf(accept ?? "").includes("text/plain");

/** The media ranges of an Accept header, most wanted first. Those with `q=0` are not among them (RFC 9110 §12.5.1). */
const rangesOf = (accept: string): readonly string[] =>
  accept
    .split(",")
    .map((item) => {
      const [range = "", ...parameters] = item.split(";").map((part) => part.trim().toLowerCase());
      const quality = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2);
      return { range, quality: quality === undefined ? 1 : Number(quality) };
    })
    .filter(({ range, quality }) => range !== "" && quality > 0)
    .toSorted((a, b) => b.quality - a.quality)
    .map(({ range }) => range);

const formFor = (range: string): Form | null => {
  if (range === "*/*" || range === "application/*") return "json";
  // Who wants plain text wants it for the refusals; of the forms, PEM is the one that is text and nothing else.
  if (range === "text/plain" || range === "text/*") return "pem";
  return (
    Object.keys(FORMS)
      .filter(isForm)
      .find((form) => FORMS[form] === range) ?? null
  );
};

const notAcceptable = (field: string): Result<never, Refusal> =>
  refuse({
    code: "not-acceptable",
    field,
    detail: `the forms are ${Object.entries(FORMS)
      .map(([form, type]) => `${form} (${type})`)
      .join(", ")}`,
  });
