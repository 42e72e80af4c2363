using JobSystem.ServiceDefaults.Bus;
using JobSystem.Support;
using MassTransit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace JobSystem.ServiceDefaults.Tests;

public sealed class PublisherConfirmMonitorTests
{
    readonly FakeTimeProvider time = new();
    readonly PublisherConfirmMonitor watch;

    public PublisherConfirmMonitorTests() => watch = new(time);

    [Fact]
    public async Task Check_SendsWithoutConfirms_FailsAfter30Seconds()
    {
        await watch.PreSend<object>(null!);
        time.Advance(TimeSpan.FromSeconds(29));
        await watch.PreSend<object>(null!);
        await watch.Check();
        time.Advance(TimeSpan.FromSeconds(2));
        await Assert.ThrowsAsync<InvalidOperationException>(watch.Check);

        await watch.PostSend<object>(null!);
        await watch.Check();
    }

    [Fact]
    public async Task Check_OthersAreConfirmed_IsWell()
    {
        await watch.PrePublish<object>(null!);
        for (var n = 0; n < 40; n++)
        {
            await watch.PreSend<object>(null!);
            time.Advance(TimeSpan.FromSeconds(1));
            await watch.PostSend<object>(null!);
        }
        await watch.Check();
    }

    [Fact]
    public async Task Check_OneIsNeverConfirmed_IsWellWhateverIsSentLater()
    {
        await watch.PreSend<object>(null!);
        for (var minutes = 0; minutes < 5; minutes++)
        {
            time.Advance(TimeSpan.FromSeconds(60));
            await watch.Check();
            await watch.PreSend<object>(null!);
            await watch.PostSend<object>(null!);
            await watch.Check();
        }
    }

    [Fact]
    public async Task Check_SendersGiveUp_FailsWhileTheyTry()
    {
        for (var n = 0; n < 4; n++)
        {
            await watch.PreSend<object>(null!);
            time.Advance(TimeSpan.FromSeconds(10));
            await watch.SendFault<object>(null!, new TaskCanceledException());
        }
        await Assert.ThrowsAsync<InvalidOperationException>(watch.Check);

        // Nothing is sent any more, so nothing is known
        time.Advance(TimeSpan.FromSeconds(31));
        await watch.Check();
    }

    [Fact]
    public async Task Check_ARefusal_IsAnAnswer()
    {
        await watch.PreSend<object>(null!);
        await watch.SendFault<object>(null!, new InvalidOperationException("too large"));
        time.Advance(TimeSpan.FromSeconds(60));
        await watch.Check();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task CheckConnection_FailsOnlyWhenTheBrokerAnswersOthers(bool answers)
    {
        await watch.PreSend<object>(null!);
        time.Advance(TimeSpan.FromSeconds(29));
        await watch.PreSend<object>(null!);
        time.Advance(TimeSpan.FromSeconds(2));

        var failure = await Record.ExceptionAsync(() => watch.CheckConnection(_ => Task.FromResult(answers), default));

        Assert.Equal(answers, failure is InvalidOperationException);
    }

    [Fact]
    public async Task Probe_Broker_AnswersUnlessItIsAway()
    {
        await using var vhost = await (await RabbitServer.Shared()).CreateVirtualHost();

        Assert.True(await BrokerProbe.Answers(BrokerUrl.Parse(vhost.Url), default));
        Assert.False(await BrokerProbe.Answers(BrokerUrl.Parse($"amqp://u:p@127.0.0.1:{FreePort.Next()}/"), default));
    }

    [Fact]
    public async Task Bus_SendsAndPublishes_AreWatched()
    {
        await using var vhost = await (await RabbitServer.Shared()).CreateVirtualHost();
        await using var service = await TestService.Start(
            builder =>
            {
                builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["JOBSYSTEM_RABBITMQ"] = vhost.Url });
                builder.AddJobSystemBus(_ => { }, (_, _) => { });
            },
            _ => { });
        var (bus, confirms) = (service.Services.GetRequiredService<IBus>(), service.Services.GetRequiredService<PublisherConfirmMonitor>());

        await bus.Publish(new Ping());
        await (await bus.GetSendEndpoint(new("exchange:confirm-watch"))).Send(new Ping());

        Assert.Equal(2, confirms.Sent);
    }

    public sealed record Ping;
}
