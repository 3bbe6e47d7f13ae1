import java.io.FileInputStream;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Prints what is at a URL. Arguments: the URL, a certificate authority's file, and how to get it. */
public class Fetch {
	private static SSLContext trusting(String authority) throws Exception {
		KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
		TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
		SSLContext context = SSLContext.getInstance("TLS");

		store.load(null);
		try (InputStream file = new FileInputStream(authority)) {
			store.setCertificateEntry("authority",
				CertificateFactory.getInstance("X.509").generateCertificate(file));
		}
		trust.init(store);
		context.init(null, trust.getTrustManagers(), null);
		return context;
	}

	public static void main(String[] args) throws Exception {
		URI uri = URI.create(args[0]);

		if (args[2].equals("stream")) {
			try (InputStream in = uri.toURL().openStream()) {
				in.transferTo(System.out);
			}
		} else {
			HttpClient client = HttpClient.newBuilder().sslContext(trusting(args[1])).build();
			System.out.write(client.send(HttpRequest.newBuilder(uri).build(),
				HttpResponse.BodyHandlers.ofByteArray()).body());
		}
		System.out.flush();
	}
}
