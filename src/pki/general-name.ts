/** A name of a certificate's subjectAltName (RFC 5280 §4.2.1.6), as text. `value` has passed `parseHost` or is a wildcard of the cluster's definition. */
export type GeneralName = { readonly type: "dns" | "ip"; readonly value: string };

/** `DNS:…` and `IP:…`, the form of replies and logs. */
export const formatGeneralName = (name: GeneralName): string =>
  `${name.type === "dns" ? "DNS" : "IP"}:${name.value}`;
