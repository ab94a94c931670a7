import * as z from "zod";
import { readPage } from "./pages.ts";

/** What a definition must know of the clouds that a machine is in (`cloud.ts` prints it). */
export const CloudFacts = z.object({
  google: z.unknown(),
  apiserver: z.unknown(),
  azure: z.string(),
  region: z.string(),
});

type Facts = z.infer<typeof CloudFacts>;
type Entry = Readonly<Record<string, unknown>>;

/** The entries of `bootstrap` that docs/evidence.md shows for the machines whose commands it has, with what it leaves out filled in. */
export const entriesOfThePage = (facts: Facts): readonly Entry[] =>
  [...readPage("docs/evidence.md").matchAll(/^```json\n(.*?)^```$/gms)]
    .map(([, text = ""]) => text.replace("[ … ]", JSON.stringify([facts.apiserver])))
    .filter((text) => !text.includes('"aws-outbound"') && !text.includes('"github"'))
    .map((text) => filled(JSON.parse(text) as Entry, facts));

/** Addresses of keys, and pins, are those of clouds that are not here. */
const filled = (entry: Entry, { google, azure, region }: Facts): Entry => {
  if (entry["preset"] === "google") return { ...entry, jwks: { keys: [google] } };
  if (entry["method"] === "azure-imds") return { ...entry, pins: [azure] };
  if (entry["method"] === "aws-iid")
    return { ...entry, pins: [{ region: "eu-central-1", certificate: region }] };
  return entry;
};
