using JobSystem.ServiceDefaults.Access;
using JobSystem.ServiceDefaults.Configuration;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace JobSystem.ServiceDefaults.Tests;

/// <summary>The tests' own address is 127.0.0.1.</summary>
public sealed class CallerAddressTests
{
    [Theory]
    [InlineData("", "6.6.6.6", "127.0.0.1")]
    [InlineData("10.0.0.0/8", "6.6.6.6", "127.0.0.1")]
    [InlineData("127.0.0.1", "", "127.0.0.1")]
    [InlineData("127.0.0.1", "10.0.0.7", "10.0.0.7")]
    [InlineData("127.0.0.1", "10.0.0.7:4711", "10.0.0.7")]
    [InlineData("127.0.0.1", "::ffff:10.0.0.7", "10.0.0.7")]
    [InlineData("127.0.0.1", "2001:db8::1", "2001:db8::1")]
    [InlineData("127.0.0.1", "nonsense", "127.0.0.1")]
    [InlineData("127.0.0.1", "6.6.6.6, 10.0.0.7", "10.0.0.7")]
    [InlineData("127.0.0.1", "6.6.6.6|10.0.0.7", "10.0.0.7")]
    [InlineData("127.0.0.0/8, 10.0.0.7", "6.6.6.6, 10.0.0.8, 10.0.0.7", "10.0.0.8")]
    [InlineData("127.0.0.0/8, 10.0.0.0/8", "6.6.6.6, 10.0.0.8, 10.0.0.7", "6.6.6.6")]
    [InlineData("127.0.0.0/8, 10.0.0.0/8", "nonsense, 10.0.0.7", "10.0.0.7")]
    [InlineData("127.0.0.0/8, 10.0.0.0/8", "10.0.0.8, 10.0.0.7", "10.0.0.8")]
    public async Task Address_IsThatOfTheFirstSenderThatIsNoTrustedProxy(string proxies, string forwarded, string expected)
    {
        await using var service = await Start(proxies);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/address");
        request.Headers.TryAddWithoutValidation("X-Forwarded-For", forwarded.Split('|'));

        using var answer = await service.Http.SendAsync(request);

        Assert.Equal(expected, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>A connection without an address, such as a Unix socket, is no trusted proxy.</summary>
    [Fact]
    public async Task Address_OfNoConnection_IsNotForwarded()
    {
        await using var service = await Start("127.0.0.1", app => app.Use((http, next) =>
        {
            http.Connection.RemoteIpAddress = null;
            return next(http);
        }));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/address");
        request.Headers.TryAddWithoutValidation("X-Forwarded-For", "6.6.6.6");

        using var answer = await service.Http.SendAsync(request);

        Assert.Equal("none", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Proxies_NeitherAddressNorNetwork_EndTheStart()
    {
        var error = await Assert.ThrowsAsync<SettingException>(() => Start("10.0.0.1, proxy.example"));

        Assert.Contains("JOBSYSTEM_TRUSTED_PROXIES contains 'proxy.example'", error.Message, StringComparison.Ordinal);
    }

    static Task<TestService> Start(string proxies, Action<WebApplication>? first = null) => TestService.Start(
        _ => { },
        app => app.MapGet("/address", (HttpContext http) => CallerAddress.Read(http) ?? "none").AllowAnonymous(),
        first,
        (CallerAddress.Setting, proxies));
}
