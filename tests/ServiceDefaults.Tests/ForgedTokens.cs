using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using static JobSystem.ServiceDefaults.Tests.Jwt;

namespace JobSystem.ServiceDefaults.Tests;

/// <summary>Everything that must not be taken for a token, by the name of the attack or the fault.</summary>
static class ForgedTokens
{
    static readonly RSA Stranger = RSA.Create(2048);

    public static readonly IReadOnlyDictionary<string, Func<string>> All = new Dictionary<string, Func<string>>
    {
        ["no algorithm, no signature"] = () => Sign(Header("none"), Payload(), _ => []),
        ["no algorithm, odd case"] = () => Sign(Header("nOnE"), Payload(), _ => []),
        ["no algorithm, capitals, signed"] = () => Sign(Header("NONE"), Payload()),
        ["empty algorithm"] = () => Sign(Header(""), Payload()),
        ["absent algorithm"] = () => WithHeader(("alg", null)),
        ["algorithm in odd case"] = () => Sign(Header("hs256"), Payload()),
        ["another algorithm of the same key (HS384)"] = () =>
            Sign(Header("HS384"), Payload(), text => HMACSHA384.HashData(Encoding.UTF8.GetBytes(Key), text)),
        ["another algorithm of the same key (HS512)"] = () =>
            Sign(Header("HS512"), Payload(), text => HMACSHA512.HashData(Encoding.UTF8.GetBytes(Key), text)),
        ["stranger's RSA key"] = () => Sign(Header("RS256"), Payload(), Rs256(Stranger)),
        ["algorithm says RSA, signature is HMAC"] = () => Sign(Header("RS256"), Payload()),
        ["another key"] = () => Sign(Header(), Payload(), Hs256(Key + "x")),
        ["empty key"] = () => Sign(Header(), Payload(), Hs256([])),
        ["kid names a file, key is its content"] = () => Sign(Change(Header(), ("kid", "../../../../dev/null")), Payload(), Hs256([])),
        ["kid is SQL"] = () => Sign(Change(Header(), ("kid", "x' union select 'key' --")), Payload(), Hs256("key")),
        ["key in the token (jwk)"] = () => Sign(Change(Header("RS256"), ("jwk", PublicJwk(Stranger, "mine"))), Payload(), Rs256(Stranger)),
        ["symmetric key in the token (jwk)"] = () =>
            Sign(Change(Header(), ("jwk", new JsonObject { ["kty"] = "oct", ["k"] = Encode("mine") })), Payload(), Hs256("mine")),
        ["address of keys in the token (jku)"] = () =>
            Sign(Change(Header("RS256"), ("jku", "http://127.0.0.1:9/keys.json"), ("kid", "mine")), Payload(), Rs256(Stranger)),
        ["address of a certificate in the token (x5u)"] = () =>
            Sign(Change(Header("RS256"), ("x5u", "http://127.0.0.1:9/cert.pem")), Payload(), Rs256(Stranger)),
        ["certificate in the token (x5c)"] = () =>
            Sign(Change(Header("RS256"), ("x5c", new JsonArray("MIIB"))), Payload(), Rs256(Stranger)),
        ["an extension that must be understood (crit)"] = () => WithHeader(("crit", new JsonArray("exp")), ("exp", 1)),
        ["unencoded payload (b64)"] = () => WithHeader(("crit", new JsonArray("b64")), ("b64", false)),
        ["type of another kind of token"] = () => WithHeader(("typ", "secevent+jwt")),
        ["type of an identity token of another make"] = () => WithHeader(("typ", "dpop+jwt")),
        ["absent type"] = () => WithHeader(("typ", null)),
        ["wrong audience"] = () => With(("aud", "somebody-else")),
        ["audience that begins the same"] = () => With(("aud", Audience + ".evil.example")),
        ["several audiences, none of them ours"] = () => With(("aud", new JsonArray("a", "b"))),
        ["absent audience"] = () => With(("aud", null)),
        ["empty audience"] = () => With(("aud", "")),
        ["wrong issuer"] = () => With(("iss", "https://evil.example")),
        ["issuer in odd case"] = () => With(("iss", Issuer.ToUpperInvariant())),
        ["absent issuer"] = () => With(("iss", null)),
        ["expired"] = () => With(("exp", Seconds(-60))),
        ["absent expiry"] = () => With(("exp", null)),
        ["expiry that is no number"] = () => With(("exp", "never")),
        ["not valid yet"] = () => With(("nbf", Seconds(120))),
        ["absent subject"] = () => With(("sub", null)),
        ["empty subject"] = () => With(("sub", "")),
        ["blank subject"] = () => With(("sub", "  ")),
        ["subject that is a number"] = () => With(("sub", 7)),
        ["two subjects"] = () => Sign(Header(), Payload().ToJsonString().Insert(1, "\"sub\":\"admin\",")),
        ["subject that is an array"] = () => With(("sub", new JsonArray("alice", "admin"))),
        ["subject with a control character"] = () => With(("sub", "ali\nce")),
        ["subject without end"] = () => With(("sub", new string('a', 201))),
        ["empty signature"] = () => Valid()[..(Valid().LastIndexOf('.') + 1)],
        ["no signature"] = () => Valid()[..Valid().LastIndexOf('.')],
        ["truncated signature"] = () => Valid()[..^4],
        ["longer signature"] = () => Valid() + "AAAA",
        ["changed payload"] = () => Exchange(1, Payload().ToJsonString().Replace("alice", "admin", StringComparison.Ordinal)),
        ["changed header"] = () => Exchange(0, """{"alg":"HS256","typ":"JWT","kid":"x"}"""),
        ["payload that is no JSON"] = () => Sign(Header(), "not json"),
        ["payload that is an array"] = () => Sign(Header(), "[]"),
        ["payload that is empty"] = () => Sign(Header(), ""),
        ["a token within a token"] = () => Sign(Change(Header(), ("cty", "JWT")), Valid()),
        ["encrypted (five parts)"] = () => $"{Encode("""{"alg":"dir","enc":"A128GCM","typ":"JWT"}""")}..AAAAAAAAAAAAAAAA.{Encode("ciphertext")}.AAAAAAAAAAAAAAAAAAAAAA",
        ["too large"] = () => With(("padding", new string('x', 17_000))),
        ["four parts"] = () => Valid() + ".AAAA",
        ["garbage"] = () => "garbage",
        ["garbage in three parts"] = () => "a.b.c",
        ["only dots"] = () => "..",
        ["broken base64"] = () => Valid().Replace('.', '=').Replace("=", ".=", StringComparison.Ordinal),
        ["a blank inside"] = () => Valid().Insert(20, " "),
        ["nothing"] = () => "",
        ["an API key"] = () => "jsk_" + new string('a', 64),
        ["the administrator's key"] = () => TestService.Key,
    };

    public static string Valid() => Sign(Header(), Payload());

    static string Exchange(int part, string text)
    {
        var parts = Valid().Split('.');
        parts[part] = Encode(text);
        return string.Join('.', parts);
    }
}
