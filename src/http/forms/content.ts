import { sha256Hex } from "../../bytes.ts";
import type { Bundle } from "../../bundle-contract.ts";
import type { IssuedCertificate } from "../../ledger/ledger.ts";
import { ALL_PASSED } from "../../explain.ts";
import { leafOf } from "../../pki/pem.ts";
import type { Apply } from "../../render/apply.ts";
import type { FileAttributes, RenderedFile, Rendering, Warning } from "../../render/renderer.ts";
import { formatTime } from "../../time.ts";

/** What the forms write: the rendered files, and around them what only the JSON form says. */
export interface Content {
  /** One line that says what the files are for. */
  readonly title: string;
  readonly rendering: Rendering;
  readonly apply: Apply;
  readonly files: readonly RenderedFile[];
  readonly warnings: readonly Warning[];
  /** Members of the JSON form beside files, ports, apply and warnings. */
  readonly members: Readonly<Record<string, unknown>>;
  /** What the manifest form says beside the files, in this order; times are epoch seconds, which a shell can compare. */
  readonly facts: Readonly<Record<string, string | number>>;
  /** Leaf, then intermediates; `null` where nothing was issued. */
  readonly chain: string | null;
  /** Epoch seconds that written files get; 0 where the content must not depend on time. */
  readonly mtime: number;
}

/** The content of a bundle reply. The certificate comes first, so that a form that stops half-way leaves no configuration without it. */
export const bundleContent = (bundle: Bundle, origin: string, now: number): Content => ({
  title: `Interlock: TLS between the nodes of ${bundle.cluster}, for ${bundle.node.text}`,
  rendering: bundle.rendering,
  apply: bundle.apply,
  files: [...certificateFiles(bundle), ...bundle.rendering.files],
  warnings: bundle.warnings,
  members: bundleMembers(bundle, origin, now),
  facts: bundleFacts(bundle, now),
  chain: bundle.certificate?.chain ?? null,
  mtime: now,
});

const bundleFacts = (bundle: Bundle, now: number): Content["facts"] => ({
  cluster: bundle.cluster,
  product: bundle.product,
  node: bundle.node.text,
  "ca-generation": bundle.caGeneration,
  ...(bundle.certificate === null ? {} : certificateFacts(bundle.certificate)),
  "server-time": now,
});

const certificateFacts = ({
  serial,
  notBefore,
  notAfter,
  renewAfter,
}: IssuedCertificate): Content["facts"] => ({
  serial,
  "not-before": notBefore,
  "not-after": notAfter,
  "renew-after": renewAfter,
});

const certificateFiles = ({ certificate, rendering, caBundle, crls }: Bundle): readonly RenderedFile[] => [
  ...(certificate === null ? [] : [ownFile(rendering.certificate, certificate.chain)]),
  ownFile(rendering.caBundle, caBundle),
  ...crlFiles(rendering.crlFolder, crls),
];

const crlFiles = (folder: FileAttributes | null, crls: Bundle["crls"]): readonly RenderedFile[] =>
  folder === null
    ? []
    : crls.map(({ name, pem }) => ownFile({ ...folder, path: `${folder.path}/${name}` }, pem));

const ownFile = (attributes: FileAttributes, content: string): RenderedFile => ({
  ...attributes,
  content,
  mergeComment: null,
});

const bundleMembers = (bundle: Bundle, origin: string, now: number): Record<string, unknown> => {
  const { node, certificate } = bundle;
  return {
    cluster: bundle.cluster,
    product: bundle.product,
    node: { name: node.text, host: node.host.text, portOffset: bundle.rendering.portOffset },
    ...(certificate === null
      ? { dryRun: true, names: bundle.names, checks: ALL_PASSED }
      : { certificate: certificateMember(certificate), chain: certificate.chain }),
    caBundle: bundle.caBundle,
    caGeneration: bundle.caGeneration,
    ...(certificate === null
      ? {}
      : {
          renewal: {
            after: formatTime(certificate.renewAfter),
            before: formatTime(certificate.notAfter),
            url: `${origin}/v1/clusters/${bundle.cluster}/nodes/${node.text}/bundle`,
          },
        }),
    serverTime: formatTime(now),
  };
};

const certificateMember = (certificate: IssuedCertificate): object => ({
  pem: leafOf(certificate.chain),
  serial: certificate.serial,
  notBefore: formatTime(certificate.notBefore),
  notAfter: formatTime(certificate.notAfter),
  sha256: certificate.sha256,
  names: certificate.names,
});

/** One file as the JSON form shows it. `shared` marks a file that other settings may be in: merge, do not replace. */
export const fileMember = async (file: RenderedFile): Promise<object> => ({
  path: file.path,
  mode: file.mode,
  owner: file.owner,
  group: file.group,
  sha256: await sha256Hex(file.content),
  content: file.content,
  ...(file.mergeComment === null ? {} : { shared: true }),
});
