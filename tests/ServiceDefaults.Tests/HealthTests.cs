using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using JobSystem.ServiceDefaults.Bus;
using JobSystem.ServiceDefaults.Health;
using JobSystem.Support;
using Microsoft.Extensions.Configuration;

namespace JobSystem.ServiceDefaults.Tests;

public sealed class HealthTests
{
    [Fact]
    public async Task Ready_OneCheckFails_NamesItAndStaysLive()
    {
        await using var service = await TestService.Start(
            builder =>
            {
                builder.Services.AddReadyCheck("good", (_, _) => Task.CompletedTask);
                builder.Services.AddReadyCheck("bad", (_, _) => throw new InvalidOperationException("the moon is full"));
            },
            _ => { });

        var (status, body) = await Ask(service, "/health/ready");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Equal("not_ready", body.GetProperty("status").GetString());
        Assert.Equal("healthy", body.GetProperty("checks").GetProperty("good").GetProperty("status").GetString());
        Assert.Equal("the moon is full", body.GetProperty("checks").GetProperty("bad").GetProperty("detail").GetString());
        Assert.Equal(HttpStatusCode.OK, (await Ask(service, "/health/live")).Status);
    }

    [Fact]
    public async Task Ready_CheckHangs_AnswersWithinTwoSecondsAndNamesIt()
    {
        await using var service = await TestService.Start(
            builder =>
            {
                builder.Services.AddReadyCheck("good", (_, _) => Task.CompletedTask);
                builder.Services.AddReadyCheck("deaf", (_, _) => new TaskCompletionSource().Task);
            },
            _ => { });
        await Ask(service, "/health/live");
        var clock = Stopwatch.StartNew();

        var (status, body) = await Ask(service, "/health/ready");

        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(2));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Equal("unhealthy", body.GetProperty("checks").GetProperty("deaf").GetProperty("status").GetString());
        Assert.Equal("healthy", body.GetProperty("checks").GetProperty("good").GetProperty("status").GetString());
    }

    [Fact]
    public async Task Live_LiveCheckFails_Answers503()
    {
        await using var service = await TestService.Start(
            builder => builder.Services.AddLiveCheck("confirms", (_, _) => throw new InvalidOperationException("none for 60 s")), _ => { });

        var (status, body) = await Ask(service, "/health/live");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Equal("none for 60 s", body.GetProperty("checks").GetProperty("confirms").GetProperty("detail").GetString());
    }

    [Fact]
    public async Task Bus_InMemory_IsReady()
    {
        await using var service = await TestService.Start(builder => builder.AddJobSystemBus(_ => { }, (_, _) => { }), _ => { });

        await Eventually.Holds(async () => (await Ask(service, "/health/ready")).Status == HttpStatusCode.OK);
    }

    [Fact]
    public async Task Bus_NoBroker_StartsAndIsLiveButNotReady()
    {
        var url = $"amqp://u:p@127.0.0.1:{FreePort.Next()}/";
        await using var service = await TestService.Start(
            builder =>
            {
                builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["JOBSYSTEM_RABBITMQ"] = url });
                builder.AddJobSystemBus(_ => { }, (_, _) => { });
            },
            _ => { });

        var (status, body) = await Ask(service, "/health/ready");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Equal("unhealthy", body.GetProperty("checks").GetProperty("broker").GetProperty("status").GetString());
        Assert.Equal(HttpStatusCode.OK, (await Ask(service, "/health/live")).Status);
    }

    [Fact]
    public async Task Bus_BrokerDiesAndComesBack_IsNotReadyMeanwhile()
    {
        await using var broker = await RabbitServer.StartPrivate();
        await using var service = await TestService.Start(
            builder =>
            {
                var settings = new Dictionary<string, string?> { ["JOBSYSTEM_RABBITMQ"] = broker.Url.ToString() };
                builder.Configuration.AddInMemoryCollection(settings);
                builder.AddJobSystemBus(_ => { }, (_, bus) => bus.ReceiveEndpoint("health-test", _ => { }));
            },
            _ => { });
        await Eventually.Holds(async () => (await Ask(service, "/health/ready")).Status == HttpStatusCode.OK);

        await broker.Kill();
        await Eventually.Holds(
            async () => (await Ask(service, "/health/ready")).Status == HttpStatusCode.ServiceUnavailable, TimeSpan.FromSeconds(5));
        Assert.Equal(HttpStatusCode.OK, (await Ask(service, "/health/live")).Status);

        await broker.Start();
        await Eventually.Holds(async () => (await Ask(service, "/health/ready")).Status == HttpStatusCode.OK, TimeSpan.FromSeconds(60));
    }

    static async Task<(HttpStatusCode Status, JsonElement Body)> Ask(TestService service, string path)
    {
        using var answer = await service.Http.GetAsync(new Uri(path, UriKind.Relative));
        return (answer.StatusCode, await answer.Content.ReadFromJsonAsync<JsonElement>());
    }
}
