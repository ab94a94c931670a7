/**
 * Keys whose private half is in print, by the lower-case hex SHA-256 of their SubjectPublicKeyInfo. They turn up wherever
 * an example was copied. A deployment adds its own to the cluster's `blockedKeys`.
 */
export const PUBLISHED_KEYS: ReadonlySet<string> = new Set([
  // The test keys of RFC 9500: testRSA2048 (§2.1), testECCP256, testECCP384, testECCP521 (§2.3)
  "8fb6bad671cfe698393c453357da61b56d757ab8c0f3fb9c87f2849e63131878",
  "b2b04340cfaee616ec9c2c62d261b208e54bb197498df52e8cadede23ac0ba5e",
  "c4c10105a0be0ed4dd3354428dc38a9bfee64da141ce16e75c94eda272f9dd3a",
  "acb1b8327fef995e2458fdf5e3c33b2dc0749feabd6a894cb9bda9d70ac06c24",
  // The base points of P-256, P-384 and P-521: the private key is 1
  "5cd252fb0ce8932436faf8ccd1040981b89ee4ad6b9fe9e2a2b7e71aacb27cd3",
  "29f8fe74f38c49d49810cec736a26732a30bff2e64827b709a1c63340d4f7181",
  "dcaa139396632a8daba1ba49ceccce0c417786f014698a06221b083d77754bda",
]);
