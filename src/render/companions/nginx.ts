import type { RenderedFile } from "../renderer.ts";
import { printStatements, type Statement } from "../text/braces.ts";
import type { Listener } from "./listeners.ts";
import { ROOT_FILE } from "./root-file.ts";

const CERTIFICATE = "/etc/nginx/tls/public.pem";
const KEY = "/etc/nginx/tls/public.key";
const CLIENT_CA = "/etc/nginx/tls/clients.pem";

/** nginx with its stream module: the same edge as HAProxy's (`ngx_stream_ssl_module`). */
export const nginxFile = (listeners: readonly Listener[]): RenderedFile => ({
  path: "/etc/nginx/interlock-stream.conf",
  ...ROOT_FILE,
  content: [
    "# TLS for clients, in front of a broker on the loopback. Include it outside of http, which on Debian is:",
    "# ln -s /etc/nginx/interlock-stream.conf /etc/nginx/modules-enabled/99-interlock-stream.conf",
    `# ${CERTIFICATE}: the public certificate with its chain; ${KEY}: its key.`,
    `# ${CLIENT_CA}: the CA of the clients' certificates. Never the cluster's: its nodes are no clients.`,
    printStatements([{ head: ["stream"], body: [...COMMON, ...listeners.map(server)] }], ";"),
  ].join("\n"),
});

const COMMON: readonly Statement[] = [
  ["ssl_certificate", CERTIFICATE],
  ["ssl_certificate_key", KEY],
  ["ssl_protocols", "TLSv1.2", "TLSv1.3"],
  ["proxy_connect_timeout", "5s"],
  ["proxy_timeout", "1h"],
];

const server = ({ edge, broker, clientCertificate, proxyProtocol }: Listener): Statement => ({
  head: ["server"],
  body: [
    ["listen", String(edge), "ssl"],
    ...(clientCertificate
      ? [
          ["ssl_client_certificate", CLIENT_CA],
          ["ssl_verify_client", "on"],
        ]
      : []),
    ...(proxyProtocol ? [["proxy_protocol", "on"]] : []),
    ["proxy_pass", `127.0.0.1:${broker}`],
  ],
});
