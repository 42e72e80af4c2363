using System.Net;
using JobSystem.ServiceDefaults.Access;
using JobSystem.ServiceDefaults.Authentication;
using JobSystem.ServiceDefaults.Configuration;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;

namespace JobSystem.ServiceDefaults.Tests;

public sealed class ApiKeyTests : IAsyncLifetime
{
    TestService service = null!;

    public async Task InitializeAsync() => service = await TestService.Start(
        builder => builder.AddJobSystemAuthentication(),
        app => app.MapGet("/me", (System.Security.Claims.ClaimsPrincipal user) => user.Identity!.Name).RequireCaller());

    public async Task DisposeAsync() => await service.DisposeAsync();

    [Fact]
    public async Task Request_RightKey_IsTheAdministrator()
    {
        using var answer = await Get("/me", TestService.Key);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("admin", await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("/me", null)]
    [InlineData("/me", "")]
    [InlineData("/me", "wrong-key-0123456789")]
    [InlineData("/me", TestService.Key + "x")]
    [InlineData("/nowhere", null)]
    public async Task Request_WithoutRightKey_Answers401(string path, string? key)
    {
        using var answer = await Get(path, key);

        Assert.Equal("unauthorized", (await TestService.Problem(answer, 401)).GetProperty("code").GetString());
        Assert.Equal("ApiKey", answer.Headers.WwwAuthenticate.Single().Scheme);
    }

    [Fact]
    public async Task Request_TwoKeys_Answers401()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/me");
        request.Headers.Add("X-API-Key", [TestService.Key, "another"]);
        using var answer = await service.Http.SendAsync(request);

        await TestService.Problem(answer, 401);
    }

    [Fact]
    public async Task Request_RightKeyWrongAddress_Answers404()
    {
        using var answer = await Get("/nowhere", TestService.Key);

        await TestService.Problem(answer, 404);
    }

    [Theory]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    public async Task Health_WithoutKey_Answers(string path)
    {
        using var answer = await Get(path, null);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Theory]
    [InlineData(null, "JOBSYSTEM_ADMIN_KEY is not set")]
    [InlineData("  ", "JOBSYSTEM_ADMIN_KEY is not set")]
    [InlineData("too-short", "at least 16")]
    public void Start_WithoutProperKey_IsRefused(string? key, string message)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["JOBSYSTEM_ADMIN_KEY"] = key });

        var error = Assert.Throws<SettingException>(() => builder.AddJobSystemAuthentication());

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("too-short", error.Message, StringComparison.Ordinal);
    }

    async Task<HttpResponseMessage> Get(string path, string? key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (key is not null)
        {
            request.Headers.TryAddWithoutValidation("X-API-Key", key);
        }

        return await service.Http.SendAsync(request);
    }
}
