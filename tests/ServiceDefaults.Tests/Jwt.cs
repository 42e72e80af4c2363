using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace JobSystem.ServiceDefaults.Tests;

/// <summary>A token made by hand, so that every part of it can be wrong.</summary>
static class Jwt
{
    public const string Key = "a-signing-key-for-tests-of-32-bytes-or-more";
    public const string Issuer = "https://issuer.example";
    public const string Audience = "jobsystem-tests";

    public static readonly (string, string)[] Settings =
        [("Auth:Jwt:SigningKey", Key), ("Auth:Jwt:Issuer", Issuer), ("Auth:Jwt:Audience", Audience)];

    public static JsonObject Header(string alg = "HS256") => new() { ["alg"] = alg, ["typ"] = "JWT" };

    public static JsonObject Payload() => new()
    {
        ["iss"] = Issuer,
        ["aud"] = Audience,
        ["sub"] = "alice",
        ["iat"] = Seconds(-10),
        ["exp"] = Seconds(600),
    };

    public static long Seconds(int fromNow) => TimeProvider.System.GetUtcNow().AddSeconds(fromNow).ToUnixTimeSeconds();

    public static string Sign(JsonObject header, JsonObject payload, Func<byte[], byte[]>? sign = null) =>
        Sign(header, payload.ToJsonString(), sign);

    public static string Sign(JsonObject header, string payload, Func<byte[], byte[]>? sign = null)
    {
        var text = $"{Encode(header.ToJsonString())}.{Encode(payload)}";
        return $"{text}.{Base64Url.EncodeToString((sign ?? Hs256())(Encoding.UTF8.GetBytes(text)))}";
    }

    public static Func<byte[], byte[]> Hs256(string key = Key) => Hs256(Encoding.UTF8.GetBytes(key));

    public static Func<byte[], byte[]> Hs256(byte[] key) => text => HMACSHA256.HashData(key, text);

    public static Func<byte[], byte[]> Rs256(RSA key) => text => key.SignData(text, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);

    /// <summary>The valid token with other claims; null takes one away.</summary>
    public static string With(params (string Claim, JsonNode? Value)[] claims) => Sign(Header(), Change(Payload(), claims));

    public static string WithHeader(params (string Name, JsonNode? Value)[] members) => Sign(Change(Header(), members), Payload());

    public static JsonObject Change(JsonObject json, params (string Name, JsonNode? Value)[] members)
    {
        foreach (var (name, value) in members)
        {
            if (value is null)
            {
                json.Remove(name);
            }
            else
            {
                json[name] = value;
            }
        }

        return json;
    }

    public static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    public static JsonObject PublicJwk(RSA key, string kid)
    {
        var parts = key.ExportParameters(false);
        return new()
        {
            ["kty"] = "RSA",
            ["use"] = "sig",
            ["kid"] = kid,
            ["alg"] = "RS256",
            ["n"] = Base64Url.EncodeToString(parts.Modulus),
            ["e"] = Base64Url.EncodeToString(parts.Exponent)
        };
    }
}
