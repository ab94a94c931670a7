import { fileMember, type Content } from "./content.ts";

/** The whole reply as one JSON document (the wire contract, section 3). */
export const jsonForm = async ({ rendering, apply, files, members, warnings }: Content): Promise<string> => {
  const { serverTime, ...before } = members;
  const document = {
    ...before,
    ports: rendering.ports,
    files: await Promise.all(files.map(fileMember)),
    privateKey: rendering.privateKey,
    apply,
    warnings,
    ...(serverTime === undefined ? {} : { serverTime }),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
};
