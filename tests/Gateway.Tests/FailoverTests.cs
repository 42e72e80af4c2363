using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using JobSystem.Support;
using Microsoft.AspNetCore.Http;

namespace JobSystem.Gateway.Tests;

public sealed class FailoverTests
{
    [Fact]
    public async Task Post_OneInstanceIsGone_EachRequestArrivesOnceAtTheOther()
    {
        var first = await Backend.Start("first");
        await using var second = await Backend.Start("second");
        await using var gateway = await TestGateway.Start(first, second);
        await Both(gateway, first, second);
        await first.DisposeAsync();
        second.Arrivals.Clear();

        for (var i = 0; i < 50; i++)
        {
            using var content = new StringContent($$"""{"n": {{i}}}""");
            using var answer = await gateway.Post("/api/v1/jobs", content);
            Assert.Equal("second", await answer.Content.ReadAsStringAsync());
        }

        Assert.Equal(50, second.Arrivals.Count);
    }

    [Fact]
    public async Task Instance_ComesBack_IsUsedAgainWithinTenSeconds()
    {
        var first = await Backend.Start("first");
        await using var second = await Backend.Start("second");
        await using var gateway = await TestGateway.Start(first, second);
        await Both(gateway, first, second);
        var url = first.Url;
        await first.DisposeAsync();
        using var meanwhile = await gateway.Get("/api/v1/jobs");
        Assert.Equal(HttpStatusCode.OK, meanwhile.StatusCode);

        await using var again = await Backend.Start("again", url);

        await Eventually.Holds(async () => { using var answer = await gateway.Get("/api/v1/jobs"); return !again.Arrivals.IsEmpty; },
            TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task AllInstances_AreGone_Answers503WithinFiveSeconds()
    {
        await using var gateway = await TestGateway.Start([$"http://127.0.0.1:{FreePort.Next()}", $"http://127.0.0.1:{FreePort.Next()}"]);
        var clock = Stopwatch.StartNew();

        foreach (var path in (string[])["/api/v1/jobs", "/api/v1/jobs/x/wait", "/api/v1/tasks"])
        {
            using var answer = await gateway.Post(path);
            Assert.Equal("service_unavailable", (await TestGateway.Problem(answer, 503)).GetProperty("code").GetString());
            Assert.NotNull(answer.Headers.RetryAfter);
        }

        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        using var ready = await gateway.Get("/health/ready");
        using var live = await gateway.Get("/health/live");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, HttpStatusCode.OK), (ready.StatusCode, live.StatusCode));
    }

    [Fact]
    public async Task Get_InstanceBreaksOff_IsRepeatedAtTheOther()
    {
        await using var broken = await Backend.Start("broken");
        await using var sound = await Backend.Start("sound");
        broken.Behaviour = context => { context.Abort(); return Task.CompletedTask; };
        await using var gateway = await TestGateway.Start(broken, sound);
        await gateway.IsReady();

        for (var i = 0; i < 20; i++)
        {
            using var answer = await gateway.Get("/api/v1/jobs");
            Assert.Equal("sound", await answer.Content.ReadAsStringAsync());
        }

        Assert.NotEmpty(broken.Arrivals);
    }

    [Fact]
    public async Task Post_InstanceBreaksOff_IsNotRepeated()
    {
        await using var broken = await Backend.Start("broken");
        await using var sound = await Backend.Start("sound");
        broken.Behaviour = context => { context.Abort(); return Task.CompletedTask; };
        await using var gateway = await TestGateway.Start(broken, sound);
        await gateway.IsReady();
        var failures = 0;

        for (var i = 0; i < 20; i++)
        {
            using var content = new StringContent("{}");
            using var answer = await gateway.Post("/api/v1/jobs", content);
            if (answer.StatusCode != HttpStatusCode.OK)
            {
                failures++;
                Assert.Equal("bad_gateway", (await TestGateway.Problem(answer, 502)).GetProperty("code").GetString());
                Assert.NotNull(answer.Headers.RetryAfter);
            }
        }

        Assert.Equal(failures, broken.Arrivals.Count);
        Assert.Equal(20 - failures, sound.Arrivals.Count);
        Assert.NotEqual(0, failures);
    }

    [Fact]
    public async Task Instance_NotReady_IsLeftOutWithinTenSeconds()
    {
        await using var first = await Backend.Start("first");
        await using var second = await Backend.Start("second");
        await using var gateway = await TestGateway.Start(first, second);
        await Both(gateway, first, second);

        first.Readiness = HttpStatusCode.ServiceUnavailable;

        await Eventually.Holds(() => OnlyReaches(gateway, "second"), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task AllInstances_NotReadyButAnswering_StillGetRequests()
    {
        await using var only = await Backend.Start("only");
        only.Readiness = HttpStatusCode.ServiceUnavailable;
        await using var gateway = await TestGateway.Start(only);
        await gateway.IsReady();

        using var answer = await gateway.Post("/api/v1/jobs");

        Assert.Equal("only", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Instance_AcceptsButNeverAnswers_IsLeftOutWithinTenSeconds()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await using var sound = await Backend.Start("sound");
        await using var gateway = await TestGateway.Start([$"http://{silent.LocalEndpoint}", sound.Url], timeoutSeconds: 1);

        await Eventually.Holds(() => OnlyReaches(gateway, "sound"), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Answer_TakesTooLong_Answers504ButNotWhereWaitingIsThePoint()
    {
        await using var slow = await Backend.Start("slow");
        await using var gateway = await TestGateway.Start([slow.Url], timeoutSeconds: 0.5);
        await gateway.IsReady();
        slow.Behaviour = async context =>
        {
            await Task.Delay(TimeSpan.FromSeconds(2), context.RequestAborted);
            await context.Response.WriteAsync("done");
        };

        using var cut = await gateway.Get("/api/v1/jobs/x");
        using var waited = await gateway.Get("/api/v1/jobs/x/wait?timeout=30");
        using var ran = await gateway.Post("/api/v1/jobs/run-sync");

        Assert.Equal("gateway_timeout", (await TestGateway.Problem(cut, 504)).GetProperty("code").GetString());
        Assert.Equal("done", await waited.Content.ReadAsStringAsync());
        Assert.Equal("done", await ran.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("")]
    [InlineData("jobapi:8080")]
    [InlineData("http://a,ftp://b")]
    public async Task Start_WrongAddresses_SaysWhich(string urls)
    {
        var error = await Assert.ThrowsAsync<ServiceDefaults.Configuration.SettingException>(() => TestGateway.Start([urls]));

        Assert.Contains("JOBSYSTEM_JOBAPI_URLS", error.Message, StringComparison.Ordinal);
    }

    static Task Both(TestGateway gateway, Backend first, Backend second) => Eventually.Holds(async () =>
    {
        using var answer = await gateway.Get("/api/v1/jobs");
        return !first.Arrivals.IsEmpty && !second.Arrivals.IsEmpty;
    });

    static async Task<bool> OnlyReaches(TestGateway gateway, string name)
    {
        for (var i = 0; i < 12; i++)
        {
            using var answer = await gateway.Get("/api/v1/jobs");
            if (await answer.Content.ReadAsStringAsync() != name)
            {
                return false;
            }
        }

        return true;
    }
}
