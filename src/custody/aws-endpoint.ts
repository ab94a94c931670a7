import { isSecureUrl } from "../secure-url.ts";

/** What `AWS_ENDPOINT_URL` must be, after its name. */
export const AWS_ENDPOINT_RULE =
  "must be an https URL, or http to this machine alone, without user, query and fragment";

/** Whether secrets may come from there: replies hold the CA's key, which never crosses a network in clear. */
export const isAwsEndpoint = (text: string): boolean => {
  const url = URL.parse(text);
  if (url === null || [url.username, url.password, url.search, url.hash].some((part) => part !== ""))
    return false;
  return isSecureUrl(url);
};
