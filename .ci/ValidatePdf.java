// Checks PDF files against PDF/A-3a and PDF/UA-1 with veraPDF's validator.
// Usage: java -cp VERAPDF_JAR ValidatePdf.java FILE.pdf...
import java.io.FileInputStream;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.logging.LogManager;
import javax.xml.parsers.DocumentBuilderFactory;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;
import org.verapdf.pdfa.validation.profiles.Profiles;
import org.verapdf.pdfa.validation.profiles.Rule;
import org.verapdf.pdfa.validation.profiles.RuleId;
import org.verapdf.pdfa.validation.profiles.ValidationProfile;
import org.verapdf.pdfa.validation.profiles.Variable;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

public class ValidatePdf {
  static String text(Element element, String name) {
    NodeList found = element.getElementsByTagName(name);
    return found.getLength() == 0 ? "" : found.item(0).getTextContent();
  }

  // The jar leaves out the XML binding that veraPDF's own loader needs, so the profile is read here.
  static ValidationProfile profile(PDFAFlavour flavour, String resource) throws Exception {
    Document document;
    try (InputStream in = ValidatePdf.class.getResourceAsStream("/org/verapdf/pdfa/validation/" + resource)) {
      document = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(in);
    }
    Set<Rule> rules = new HashSet<>();
    NodeList ruleElements = document.getElementsByTagName("rule");
    for (int i = 0; i < ruleElements.getLength(); i++) {
      Element rule = (Element) ruleElements.item(i);
      Element id = (Element) rule.getElementsByTagName("id").item(0);
      RuleId ruleId = Profiles.ruleIdFromValues(
          PDFAFlavour.Specification.valueOf(id.getAttribute("specification")),
          id.getAttribute("clause"),
          Integer.parseInt(id.getAttribute("testNumber")));
      Boolean deferred = rule.hasAttribute("deferred") ? Boolean.valueOf(rule.getAttribute("deferred")) : null;
      rules.add(Profiles.ruleFromValues(ruleId, rule.getAttribute("object"), deferred, rule.getAttribute("tags"),
          text(rule, "description"), text(rule, "test"),
          Profiles.errorFromValues(text(rule, "message"), new ArrayList<>()), new ArrayList<>()));
    }
    Set<Variable> variables = new HashSet<>();
    NodeList variableElements = document.getElementsByTagName("variable");
    for (int i = 0; i < variableElements.getLength(); i++) {
      Element variable = (Element) variableElements.item(i);
      variables.add(Profiles.variableFromValues(variable.getAttribute("name"), variable.getAttribute("object"),
          text(variable, "defaultValue"), text(variable, "value")));
    }
    return Profiles.profileFromValues(flavour,
        Profiles.profileDetailsFromValues(resource, resource, "veraPDF", new Date(0)), "", rules, variables);
  }

  public static void main(String[] files) throws Exception {
    LogManager.getLogManager().reset();
    VeraGreenfieldFoundryProvider.initialise();
    boolean compliant = files.length > 0;
    for (String file : files) {
      for (String[] check : List.of(new String[] {"3a", "PDFA-3A.xml"}, new String[] {"ua1", "PDFUA-1.xml"})) {
        PDFAFlavour flavour = PDFAFlavour.fromString(check[0]);
        try (PDFAParser parser = Foundries.defaultInstance().createParser(new FileInputStream(file), flavour)) {
          PDFAValidator validator = Foundries.defaultInstance().createValidator(profile(flavour, check[1]), false);
          ValidationResult result = validator.validate(parser);
          System.out.printf("%s [%s] compliant=%s, %d checks%n", file, check[0], result.isCompliant(),
              result.getTotalAssertions());
          compliant &= result.isCompliant() && result.getTotalAssertions() > 0;
          Map<String, String> failures = new LinkedHashMap<>();
          for (TestAssertion assertion : result.getTestAssertions()) {
            if (assertion.getStatus() == TestAssertion.Status.FAILED) {
              failures.putIfAbsent(assertion.getRuleId().getClause() + "-" + assertion.getRuleId().getTestNumber(),
                  assertion.getMessage() + " at " + assertion.getLocation().getContext());
            }
          }
          failures.forEach((rule, message) -> System.out.println("  " + rule + ": " + message));
        }
      }
    }
    System.exit(compliant ? 0 : 1);
  }
}
