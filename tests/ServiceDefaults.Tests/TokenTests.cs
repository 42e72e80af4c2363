using System.Net;
using System.Text.Json.Nodes;
using JobSystem.ServiceDefaults.Access;
using JobSystem.ServiceDefaults.Authentication;
using JobSystem.ServiceDefaults.Configuration;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;

namespace JobSystem.ServiceDefaults.Tests;

public sealed class TokenTests : IAsyncLifetime
{
    TestService service = null!;

    public static TheoryData<string> Forged => new(ForgedTokens.All.Keys);

    public async Task InitializeAsync() => service = await Start(Jwt.Settings);

    public async Task DisposeAsync() => await service.DisposeAsync();

    static Task<TestService> Start(params (string, string)[] settings) => TestService.Start(
        builder => builder.AddJobSystemAuthentication(),
        app =>
        {
            app.MapGet("/me", (CallerScope viewer) => $"{viewer.Owner}: {Permissions.Word(viewer.Granted)}").RequireCaller();
            app.MapGet("/managed", () => "yes").RequirePermission(Permission.ManageJobs);
            app.MapGet("/undeclared", () => "open");
        },
        settings);

    [Theory]
    [MemberData(nameof(Forged))]
    public async Task Token_ForgedOrInvalid_Answers401(string what)
    {
        using var answer = await Get("/me", $"Bearer {ForgedTokens.All[what]()}");

        var problem = await TestService.Problem(answer, 401);
        Assert.Equal("unauthorized", problem.GetProperty("code").GetString());
        var challenge = answer.Headers.WwwAuthenticate.Single(x => x.Scheme == "Bearer");
        Assert.Contains("invalid_token", challenge.Parameter, StringComparison.Ordinal);
        Assert.Contains(answer.Headers.WwwAuthenticate, x => x.Scheme == "ApiKey");
    }

    [Fact]
    public async Task Token_Valid_IsItsSubjectWithoutPermissions()
    {
        using var answer = await Get("/me", $"Bearer {ForgedTokens.Valid()}");

        Assert.Equal("alice: ", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Token_ValidTwice_IsTheSameCaller()
    {
        var token = Jwt.With(("permissions", "view_jobs"));
        for (var i = 0; i < 3; i++)
        {
            using var answer = await Get("/me", $"bearer {token}");
            Assert.Equal("alice: view_jobs", await answer.Content.ReadAsStringAsync());
        }

        // a valid one in the cache lets nothing through that only resembles it
        using var other = await Get("/me", $"Bearer {token[..^1]}{(token[^1] == 'A' ? 'B' : 'A')}x");
        await TestService.Problem(other, 401);
    }

    public static TheoryData<string, string, string?> Grants => new()
    {
        { "permissions", """["view_jobs"]""", "view_jobs" },
        { "permissions", """["other:write", "manage_jobs", 7]""", "manage_jobs" },
        { "permissions", "\"openid view_jobs manage_jobs\"", "manage_jobs" },
        { "permissions", "\"admin\"", "admin" },
        { "permissions", "\"Admin ADMIN administrator\"", null },
        { "permissions", """{"x": "y admin z"}""", null },
        { "permissions", "7", null },
        { "permissions", "null", null },
        { "role", "\"admin\"", "admin" },
        { "role", """["user", "admin"]""", "admin" },
        { "role", "\"administrator\"", null },
        { "roles", "\"admin\"", null },
        { "scope", "\"admin\"", null },
    };

    [Theory]
    [MemberData(nameof(Grants))]
    public async Task Token_WithPermissions_GrantsWhatIsMeant(string claim, string json, string? granted)
    {
        var payload = Jwt.Payload();
        payload[claim] = JsonNode.Parse(json);
        using var answer = await Get("/me", $"Bearer {Jwt.Sign(Jwt.Header(), payload)}");

        Assert.Equal($"alice: {granted}", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Token_OtherFormsOfValid_AreAccepted()
    {
        foreach (var token in (string[])
            [
                Jwt.With(("aud", new JsonArray("other", Jwt.Audience))),
                Jwt.WithHeader(("typ", "at+jwt")),
                Jwt.WithHeader(("kid", "whatever")),
                Jwt.With(("exp", Jwt.Seconds(-10))),
                Jwt.With(("nbf", Jwt.Seconds(10))),
            ])
        {
            using var answer = await Get("/me", $"Bearer {token}");
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
    }

    [Theory]
    [InlineData("expired", "The token has expired.")]
    [InlineData("wrong audience", "The token was issued for another audience.")]
    [InlineData("another key", "The token is not valid.")]
    public async Task Token_Refused_SaysNoMoreThanItsHolderMayKnow(string what, string detail)
    {
        using var answer = await Get("/me", $"Bearer {ForgedTokens.All[what]()}");

        Assert.Equal(detail, (await TestService.Problem(answer, 401)).GetProperty("detail").GetString());
    }

    [Fact]
    public async Task Token_IsAnApiKey_SaysWhereThatBelongs()
    {
        using var answer = await Get("/me", $"Bearer {TestService.Key}");

        Assert.Contains("X-API-Key", (await TestService.Problem(answer, 401)).GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Request_TwoAuthorizationHeaders_Answers401()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/me");
        request.Headers.TryAddWithoutValidation("Authorization", [$"Bearer {ForgedTokens.Valid()}", $"Bearer {ForgedTokens.Valid()}"]);
        using var answer = await service.Http.SendAsync(request);

        await TestService.Problem(answer, 401);
    }

    [Fact]
    public async Task Request_KeyAndToken_Answers401()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/me");
        request.Headers.Add("X-API-Key", TestService.Key);
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {ForgedTokens.Valid()}");
        using var answer = await service.Http.SendAsync(request);

        Assert.Contains("got both", (await TestService.Problem(answer, 401)).GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/me?access_token={0}", null)]
    [InlineData("/me", "Basic {0}")]
    [InlineData("/me", "{0}")]
    [InlineData("/me", "Token {0}")]
    public async Task Token_AnywhereElse_Answers401(string path, string? authorization)
    {
        var token = ForgedTokens.Valid();
        using var answer = await Get(string.Format(null, System.Text.CompositeFormat.Parse(path), token),
            authorization?.Replace("{0}", token, StringComparison.Ordinal));

        await TestService.Problem(answer, 401);
    }

    [Fact]
    public async Task Permission_Missing_Answers403AndNamesIt()
    {
        using var refused = await Get("/managed", $"Bearer {Jwt.With(("permissions", "view_jobs"))}");
        using var allowed = await Get("/managed", $"Bearer {Jwt.With(("permissions", "manage_jobs"))}");

        var problem = await TestService.Problem(refused, 403);
        Assert.Equal(("forbidden", "This needs the permission manage_jobs."),
            (problem.GetProperty("code").GetString(), problem.GetProperty("detail").GetString()));
        Assert.Equal(HttpStatusCode.OK, allowed.StatusCode);
    }

    [Fact]
    public async Task Route_WithoutDeclaredNeed_IsClosedToEverybody()
    {
        using var stranger = await Get("/undeclared", null);
        using var caller = await Get("/undeclared", $"Bearer {Jwt.With(("role", "admin"))}");
        using var nowhere = await Get("/nowhere", $"Bearer {ForgedTokens.Valid()}");
        using var health = await Get("/health/live", "Bearer garbage");

        await TestService.Problem(stranger, 401);
        await TestService.Problem(caller, 403);
        await TestService.Problem(nowhere, 404);
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
    }

    [Fact]
    public async Task Tokens_NotConfigured_AreRefused()
    {
        await using var service = await Start();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/me");
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {ForgedTokens.Valid()}");
        using var answer = await service.Http.SendAsync(request);

        var detail = (await TestService.Problem(answer, 401)).GetProperty("detail").GetString();
        Assert.Contains("Tokens are not accepted here", detail, StringComparison.Ordinal);
        Assert.Equal("ApiKey", answer.Headers.WwwAuthenticate.Single().Scheme);
    }

    [Theory]
    [InlineData(
        "Auth:Jwt:SigningKey", "Auth__Jwt__SigningKey) has 31 bytes, but must have at least 32",
        "SigningKey=too-short-0123456789-0123456789", "Issuer=i", "Audience=a")]
    [InlineData("Auth:Jwt:Authority", "both set", "SigningKey=" + Jwt.Key, "Authority=https://id.example", "Issuer=i", "Audience=a")]
    [InlineData("Auth:Jwt:Audience", "is not set", "SigningKey=" + Jwt.Key, "Issuer=i")]
    [InlineData("Auth:Jwt:Audience", "is not set", "Authority=https://id.example")]
    [InlineData("Auth:Jwt:Issuer", "is not set", "SigningKey=" + Jwt.Key, "Audience=a")]
    [InlineData("Auth:Jwt:Issuer", "neither", "Issuer=i", "Audience=a")]
    [InlineData("Auth:Jwt:Audience", "neither", "Audience=a")]
    [InlineData("Auth:Jwt:Authority", "must be an https:// address", "Authority=http://id.example", "Audience=a")]
    [InlineData("Auth:Jwt:Authority", "must be an https:// address", "Authority=id.example", "Audience=a")]
    public void Settings_Mistaken_RefuseToStart(string setting, string message, params string[] settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(x => x.Split('=', 2)).ToDictionary(x => $"Auth:Jwt:{x[0]}", x => (string?)x[1])).Build();

        var error = Assert.Throws<SettingException>(() => JwtSettings.From(configuration));

        Assert.StartsWith(setting, error.Message, StringComparison.Ordinal);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("too-short", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Jwt.Key, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Issuer_Token_IsAccepted()
    {
        var settings = JwtSettings.From(new ConfigurationBuilder()
            .AddInMemoryCollection(Jwt.Settings.ToDictionary(x => x.Item1, x => (string?)x.Item2)).Build())!;
        var token = TokenIssuer.Issue(settings, "bob", ["view_jobs"], TimeSpan.FromMinutes(5), TimeProvider.System.GetUtcNow());
        using var answer = await Get("/me", $"Bearer {token}");

        Assert.Equal("bob: view_jobs", await answer.Content.ReadAsStringAsync());
    }

    async Task<HttpResponseMessage> Get(string path, string? authorization)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (authorization is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        return await service.Http.SendAsync(request);
    }
}
