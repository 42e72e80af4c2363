namespace JobSystem.Journeys.Evidence;

public sealed class LedgerTests
{
    [Fact]
    public async Task Record_CallsOfOneLabel_AnswersEachWithItsOwnStatus()
    {
        await using var ledger = await Ledger.Open();
        using var http = new HttpClient();

        var answers = new List<int>();
        for (var times = 0; times < 3; times++)
        {
            using var answer = await http.GetAsync(ledger.Url("label", 0, 500, 201));
            answers.Add((int)answer.StatusCode);
        }

        Assert.Equal([500, 201, 201], answers);
        Assert.Equal([500, 201, 201], (await ledger.Until("label", runs => runs.All(run => run.End == ExecutionEnd.Answered))).Select(run => run.Status));
    }

    [Fact]
    public async Task Record_ACallerThatGoesAway_SeesIt()
    {
        await using var ledger = await Ledger.Open();
        using var http = new HttpClient();
        using var gone = new CancellationTokenSource();
        ledger.Hold("label");
        var call = http.GetAsync(ledger.Url("label"), gone.Token);
        await ledger.Started("label");

        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        var run = Assert.Single(await ledger.Until("label", runs => runs[0].EndedAt is not null));
        Assert.Equal(ExecutionEnd.Aborted, run.End);
    }

    [Fact]
    public async Task Record_AHeldCall_EndsWhenItIsReleased()
    {
        await using var ledger = await Ledger.Open();
        using var http = new HttpClient();
        ledger.Hold("label");
        using var request = new HttpRequestMessage(HttpMethod.Get, ledger.Url("label")) { Headers = { { "X-Job-Id", "j" }, { "X-Job-Attempt", "7" }, { "X-Worker-Id", "w" } } };
        var call = http.SendAsync(request);
        var run = await ledger.Started("label");
        Assert.Equal(("j", 7, "w", ExecutionEnd.None), (run.JobId, run.Attempt, run.WorkerId, run.End));

        ledger.Release("label");

        using var answer = await call;
        Assert.True(answer.IsSuccessStatusCode);
        await ledger.Until("label", runs => runs[0].End == ExecutionEnd.Answered);
    }
}
