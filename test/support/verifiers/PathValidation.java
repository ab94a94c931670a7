import java.io.FileInputStream;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Validates each chain of the arguments, CHAIN ROOT CHAIN ROOT …, by Java's PKIX (RFC 5280 §6); a line for each. */
class PathValidation {
  public static void main(String[] args) {
    for (int i = 0; i + 1 < args.length; i += 2) System.out.println(validate(args[i], args[i + 1]));
  }

  private static String validate(String chainFile, String rootFile) {
    try (var chain = new FileInputStream(chainFile); var root = new FileInputStream(rootFile)) {
      var factory = CertificateFactory.getInstance("X.509");
      List<X509Certificate> certificates = new ArrayList<>();
      for (var certificate : factory.generateCertificates(chain)) certificates.add((X509Certificate) certificate);
      var anchor = new TrustAnchor((X509Certificate) factory.generateCertificate(root), null);
      var parameters = new PKIXParameters(Set.of(anchor));
      parameters.setRevocationEnabled(false);
      CertPathValidator.getInstance("PKIX").validate(factory.generateCertPath(certificates), parameters);
      var leaf = certificates.get(0);
      return "ok " + leaf.getExtendedKeyUsage() + " " + leaf.getBasicConstraints();
    } catch (Exception e) {
      return "refused " + e;
    }
  }
}
