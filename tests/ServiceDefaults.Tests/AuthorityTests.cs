using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using JobSystem.ServiceDefaults.Access;
using JobSystem.ServiceDefaults.Authentication;
using JobSystem.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using static JobSystem.ServiceDefaults.Tests.Jwt;

namespace JobSystem.ServiceDefaults.Tests;

/// <summary>Tokens of an OpenID provider, which here is a small web application with keys of its own.</summary>
public sealed class AuthorityTests : IAsyncLifetime
{
    static readonly RSA Rsa = RSA.Create(2048);
    static readonly ECDsa Ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    readonly string provider = $"http://127.0.0.1:{FreePort.Next()}";
    WebApplication? running;
    TestService service = null!;

    public static TheoryData<string> Confused => new(confused.Keys);

    // what a library that trusts the token's own algorithm would take the public key for
    static readonly Dictionary<string, Func<JsonObject, string>> confused = new()
    {
        ["HMAC with the public key as PEM"] = payload => Sign(Header("HS256"), payload, Hs256(Rsa.ExportSubjectPublicKeyInfoPem())),
        ["HMAC with the public key as DER"] = payload => Sign(Header("HS256"), payload, Hs256(Rsa.ExportSubjectPublicKeyInfo())),
        ["HMAC with the modulus, and the key's id"] = payload =>
            Sign(Change(Header("HS256"), ("kid", "rsa-1")), payload, Hs256(Rsa.ExportParameters(false).Modulus!)),
        ["HMAC with the published key's text"] = payload => Sign(Header("HS256"), payload, Hs256(PublicJwk(Rsa, "rsa-1").ToJsonString())),
        ["no algorithm"] = payload => Sign(Header("none"), payload, _ => []),
        ["stranger's key under the provider's id"] = payload =>
            Sign(Change(Header("RS256"), ("kid", "rsa-1")), payload, Rs256(RSA.Create(2048))),
        ["stranger's key in the token"] = payload => Stranger(payload),
        ["a longer hash of the right key (RS512)"] = payload =>
            Sign(Change(Header("RS512"), ("kid", "rsa-1")), payload,
                text => Rsa.SignData(text, HashAlgorithmName.SHA512, RSASignaturePadding.Pkcs1)),
        ["another issuer"] = payload =>
            Sign(Change(Header("RS256"), ("kid", "rsa-1")), Change(payload, ("iss", "https://evil.example")), Rs256(Rsa)),
        ["zero signature of the curve"] = payload => Sign(Change(Header("ES256"), ("kid", "ec-1")), payload, _ => new byte[64]),
    };

    public async Task InitializeAsync()
    {
        await StartProvider();
        service = await TestService.Start(
            builder => builder.AddJobSystemAuthentication(),
            app => app.MapGet("/me", (CallerScope viewer) => viewer.Owner).RequireCaller(),
            ("Auth:Jwt:Authority", provider), ("Auth:Jwt:Audience", Audience));
    }

    public async Task DisposeAsync()
    {
        await service.DisposeAsync();
        await StopProvider();
    }

    [Fact]
    public async Task Token_SignedByTheProvider_IsAccepted()
    {
        foreach (var token in (string[])
            [
                Sign(Change(Header("RS256"), ("kid", "rsa-1")), Claims(), Rs256(Rsa)),
                Sign(Change(Header("PS256"), ("kid", "rsa-1")), Claims(),
                    text => Rsa.SignData(text, HashAlgorithmName.SHA256, RSASignaturePadding.Pss)),
                Sign(Change(Header("ES256"), ("kid", "ec-1")), Claims(), text => Ec.SignData(text, HashAlgorithmName.SHA256)),
            ])
        {
            using var answer = await Get(token);
            Assert.Equal((HttpStatusCode.OK, "alice"), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
        }
    }

    [Theory]
    [MemberData(nameof(Confused))]
    public async Task Token_OfAConfusedKind_Answers401(string what)
    {
        using var answer = await Get(confused[what](Claims()));

        await TestService.Problem(answer, 401);
    }

    [Fact]
    public async Task Provider_Away_Answers503UntilItIsThere()
    {
        await StopProvider();
        var token = Sign(Change(Header("RS256"), ("kid", "rsa-1")), Claims(), Rs256(Rsa));
        using (var answer = await Get(token))
        {
            await TestService.Problem(answer, 503);
            Assert.NotNull(answer.Headers.RetryAfter);
        }

        await StartProvider();
        await Eventually.Holds(async () =>
        {
            using var answer = await Get(token);
            return answer.StatusCode == HttpStatusCode.OK;
        }, TimeSpan.FromSeconds(20));
    }

    static string Stranger(JsonObject payload)
    {
        var key = RSA.Create(2048);
        return Sign(Change(Header("RS256"), ("jwk", PublicJwk(key, "x")), ("kid", "x")), payload, Rs256(key));
    }

    JsonObject Claims() => Change(Payload(), ("iss", provider));

    async Task StartProvider()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(provider);
        running = builder.Build();
        running.MapGet("/.well-known/openid-configuration",
            () => new JsonObject { ["issuer"] = provider, ["jwks_uri"] = $"{provider}/keys" });
        running.MapGet("/keys", () => new JsonObject { ["keys"] = new JsonArray(PublicJwk(Rsa, "rsa-1"), EcJwk()) });
        await running.StartAsync();
    }

    static JsonObject EcJwk()
    {
        var point = Ec.ExportParameters(false).Q;
        return new()
        {
            ["kty"] = "EC",
            ["crv"] = "P-256",
            ["use"] = "sig",
            ["kid"] = "ec-1",
            ["x"] = System.Buffers.Text.Base64Url.EncodeToString(point.X),
            ["y"] = System.Buffers.Text.Base64Url.EncodeToString(point.Y)
        };
    }

    async Task StopProvider()
    {
        if (running is { } provider)
        {
            running = null;
            await provider.StopAsync();
            await provider.DisposeAsync();
        }
    }

    async Task<HttpResponseMessage> Get(string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/me");
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        return await service.Http.SendAsync(request);
    }
}
