/** Hosts of this machine, as `URL` writes them. */
const LOOPBACK: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** What `AWS_ENDPOINT_URL` must be, after its name. */
export const AWS_ENDPOINT_RULE =
  "must be an https URL, or http to this machine alone, without user, query and fragment";

/** Whether secrets may come from there: replies hold the CA's key, which never crosses a network in clear. */
export const isAwsEndpoint = (text: string): boolean => {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password, search, hash } = new URL(text);
  if (username !== "" || password !== "" || search !== "" || hash !== "") return false;
  return protocol === "https:" || (protocol === "http:" && LOOPBACK.has(hostname));
};
