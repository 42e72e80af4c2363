using System.Diagnostics;
using System.Net;
using JobSystem.Journeys.Api;
using JobSystem.Journeys.Evidence;
using JobSystem.Journeys.Systems;
using JobSystem.Support;

namespace JobSystem.Journeys.Crashes;

[Collection(Stack.Name)]
public sealed class When_the_database_stops(SharedStack stack) : Journey(stack)
{
    [Fact]
    public async Task Should_answer_503_soon_and_lose_nothing()
    {
        var load = Load.Start(stack);
        await Promised(load, 40);
        await stack.Stop("postgres");

        await Eventually.Passes(AnswersUnavailable, TimeSpan.FromSeconds(15));
        await AnswersUnavailable();
        await KnowsThatItIsAliveButNotReady("jobapi-1");

        await stack.Start("postgres");
        await Promised(load, load.Promised + 60);
        await load.Stop();

        await Invariants.Hold(stack, load);
        await Broker.IsClean(stack);
    }

    [Fact]
    public async Task Should_lose_nothing_when_it_is_killed()
    {
        var load = Load.Start(stack);
        await Promised(load, 40);
        await stack.Kill("postgres");
        await Task.Delay(TimeSpan.FromSeconds(2));
        await stack.Start("postgres");
        await Promised(load, load.Promised + 60);
        await load.Stop();

        await Invariants.Hold(stack, load);
        await Broker.IsClean(stack);
    }

    async Task AnswersUnavailable()
    {
        var clock = Stopwatch.StartNew();
        using var submit = await stack.Client.Raw(HttpMethod.Post, "api/v1/jobs", JobRequest.Echo("anyone there?"));
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, submit.StatusCode);
        Assert.NotNull(submit.Headers.RetryAfter);
        Assert.Equal("application/problem+json", submit.Content.Headers.ContentType?.MediaType);

        clock.Restart();
        using var read = await stack.Client.Raw(HttpMethod.Get, $"api/v1/jobs/{Guid.CreateVersion7()}");
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, read.StatusCode);
    }

    async Task KnowsThatItIsAliveButNotReady(string name)
    {
        using var http = new HttpClient { BaseAddress = stack.AddressOf(name), Timeout = TimeSpan.FromSeconds(5) };
        using var live = await http.GetAsync("health/live");
        using var ready = await http.GetAsync("health/ready");
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable), (live.StatusCode, ready.StatusCode));
    }

    static Task Promised(Load load, int jobs) =>
        Eventually.Holds(() => load.Promised >= jobs, TimeSpan.FromSeconds(30), $"{jobs} jobs were accepted");
}
