using System.Net;
using System.Text.Json;
using JobSystem.ServiceDefaults.Duties;
using JobSystem.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace JobSystem.ServiceDefaults.Tests;

public sealed class DutyTests
{
    readonly FakeTimeProvider time = new();

    [Theory]
    [InlineData(typeof(InvalidOperationException))]
    [InlineData(typeof(OperationCanceledException))]
    [InlineData(typeof(NullReferenceException))]
    public async Task Work_Throws_GoesOnAfterAPause_AndSoDoesTheProcess(Type failure)
    {
        var duty = new Duty { Failure = (Exception)Activator.CreateInstance(failure)! };
        await using var service = await Start(duty);

        await Pass(() => duty.Rounds >= 8);
        Assert.Equal(HttpStatusCode.OK, (await Ask(service)).Status);
        duty.Failure = null;
        await Pass(() => duty.Successes >= 3);
    }

    [Fact]
    public async Task Wait_Throws_GoesOn()
    {
        var duty = new Duty { WaitFailure = new InvalidOperationException("no clock") };
        await using var service = await Start(duty);

        await Pass(() => duty.Waits >= 3);
        duty.WaitFailure = null;
        await Pass(() => duty.Successes >= 3);
    }

    [Theory]
    [InlineData(false, HttpStatusCode.OK, "degraded")]
    [InlineData(true, HttpStatusCode.ServiceUnavailable, "unhealthy")]
    public async Task Health_NoSuccessForAMinute_SaysSoUntilItSucceeds(bool isVital, HttpStatusCode status, string word)
    {
        var duty = new Duty { Vital = isVital, Failure = new InvalidOperationException("the moon is full") };
        await using var service = await Start(duty);
        await Pass(() => duty.Rounds >= 2);
        Assert.Equal("healthy", (await Ask(service)).Word);

        await Pass(() => Ask(service).GetAwaiter().GetResult().Word == word);

        var (answered, _, detail) = await Ask(service);
        Assert.Equal(status, answered);
        Assert.StartsWith("the duty has not succeeded for ", detail, StringComparison.Ordinal);
        Assert.EndsWith(": the moon is full", detail, StringComparison.Ordinal);
        duty.Failure = null;
        await Pass(() => Ask(service).GetAwaiter().GetResult() is { Status: HttpStatusCode.OK, Word: "healthy" });
    }

    [Fact]
    public async Task Health_ARoundThatHangs_SaysSo_AndWaitingDoesNot()
    {
        var (hanging, idle) = (new Duty { Hangs = true }, new Duty { Idle = true, Vital = true });
        await using var service = await Start(hanging, idle);
        await Pass(() => hanging.Rounds == 1);

        time.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal("healthy", (await Ask(service)).Word);
        time.Advance(TimeSpan.FromSeconds(2));
        var (status, word, detail) = await Ask(service);
        Assert.Equal((HttpStatusCode.OK, "degraded"), (status, word));
        Assert.EndsWith(": it is still running", detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Finish_IsCalledWhenTheProcessStops()
    {
        var duty = new Duty();
        await using var service = await Start(duty);
        await Pass(() => duty.Rounds > 0);
        await service.Stop();

        Assert.True(duty.Finished);
    }

    Task<TestService> Start(params Duty[] duties) => TestService.Start(
        builder =>
        {
            builder.Services.AddSingleton<TimeProvider>(time);
            builder.Services.AddDuties(_ => duties);
        },
        _ => { });

    /// <summary>Lets time go by until the condition holds.</summary>
    Task Pass(Func<bool> condition) => Eventually.Holds(() =>
    {
        time.Advance(TimeSpan.FromSeconds(1));
        return Task.FromResult(condition());
    }, TimeSpan.FromSeconds(30));

    static async Task<(HttpStatusCode Status, string? Word, string? Detail)> Ask(TestService service)
    {
        using var answer = await service.Http.GetAsync("/health/ready");
        using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        var check = body.RootElement.GetProperty("checks").GetProperty(DutyRegistration.Check);
        var detail = check.TryGetProperty("detail", out var given) ? given.GetString() : null;
        return (answer.StatusCode, check.GetProperty("status").GetString(), detail);
    }

    sealed class Duty : BackgroundDuty
    {
        public Exception? Failure { get; set; }
        public Exception? WaitFailure { get; set; }
        public bool Vital { get; init; }
        public bool Hangs { get; init; }
        public bool Idle { get; init; }
        public int Waits { get; private set; }
        public int Rounds { get; private set; }
        public int Successes { get; private set; }
        public bool Finished { get; private set; }

        protected internal override string Name => "the duty";

        protected internal override bool IsVital => Vital;

        protected internal override async Task Wait(CancellationToken stoppingToken)
        {
            Waits++;
            if (WaitFailure is { } failure)
            {
                throw failure;
            }

            await Task.Delay(Idle ? Timeout.Infinite : 1, stoppingToken);
        }

        protected internal override async Task Work(CancellationToken stoppingToken)
        {
            Rounds++;
            if (Failure is { } failure)
            {
                throw failure;
            }

            if (Hangs)
            {
                await Task.Delay(Timeout.Infinite, stoppingToken);
            }

            Successes++;
        }

        protected internal override Task Finish(CancellationToken cancellationToken)
        {
            Finished = true;
            return Task.CompletedTask;
        }
    }
}
