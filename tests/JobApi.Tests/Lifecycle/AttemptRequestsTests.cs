using JobSystem.Contracts;
using JobSystem.JobApi.Dispatch;
using Microsoft.Extensions.Time.Testing;

namespace JobSystem.JobApi.Tests.Lifecycle;

public sealed class AttemptRequestsTests
{
    readonly FakeTimeProvider time = new();
    readonly AttemptRequests requests;

    public AttemptRequestsTests() => requests = new(time);

    [Fact]
    public void Groups_OfWorkersThatCanRunTheSame()
    {
        requests.Add(Request("w1"));
        requests.Add(Request("w2", tasks: ["b", "a"]));
        requests.Add(Request("w3", tasks: ["a", "b"]));
        requests.Add(Request("w4", queues: ["*"]));
        requests.Add(Request("w5", queues: []));
        requests.Add(Request("w6", queues: ["all queues"]));

        Assert.Equal(["w1", "w2 w3", "w4", "w5", "w6"], requests.Groups().Select(x => string.Join(' ', x.Select(y => y.WorkerId))).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Fits_ByQueueTaskAndVersion()
    {
        requests.Add(Request("w1", queues: ["mails"], tasks: ["a"]));
        var request = Assert.Single(Assert.Single(requests.Groups()));

        Assert.True(request.Fits(new("mails", "a", null)));
        Assert.True(request.Fits(new("mails", "a", "1")));
        Assert.False(request.Fits(new("mails", "a", "2")));
        Assert.False(request.Fits(new("mails", "b", null)));
        Assert.False(request.Fits(new("other", "a", null)));
    }

    [Fact]
    public void Request_IsForgottenInTime()
    {
        requests.Add(Request("w1"));
        time.Advance(TimeSpan.FromSeconds(RequestAttempts.ValidSeconds - 0.1));
        Assert.Single(requests.Groups());
        time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Empty(requests.Groups());
        Assert.Equal(0, requests.Wanted);
    }

    [Fact]
    public void Replacing_TakesThePlaceOfTheEarlier()
    {
        var first = Request("w1", count: 3);
        requests.Add(first);
        requests.Add(Request("w1", count: 5) with { Replaces = first.RequestId });
        requests.Add(Request("w2", count: 1) with { Replaces = Guid.CreateVersion7() });
        Assert.Equal(6, requests.Wanted);
    }

    [Fact]
    public void Take_UntilNothingIsOpen()
    {
        requests.Add(Request("w1", count: 3));
        var request = requests.Groups()[0][0];
        requests.Take(request, 2);
        Assert.Equal(1, requests.Wanted);
        requests.Take(request, 1);
        Assert.Empty(requests.Groups());
    }

    [Fact]
    public void Leave_AlsoWhatIsOnItsWay()
    {
        requests.Add(Request("w1"));
        requests.Add(Request("w2"));
        requests.Leave("w1");
        requests.Add(Request("w1"));
        Assert.Equal("w2", Assert.Single(Assert.Single(requests.Groups())).WorkerId);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("a\0b")]
    [InlineData("a\nb")]
    [InlineData("\ud83d")]
    public void Add_NoIdOfAWorker_IsIgnored(string? id)
    {
        requests.Add(Request(id!));
        requests.Add(Request(new('x', 201)));
        requests.Add(Request("w1") with { Tasks = null! });
        requests.Add(Request("w2", count: 0));
        requests.Add(Request("w3", count: -1));
        Assert.Equal(0, requests.Wanted);
        requests.Add(Request("w4", count: int.MaxValue));
        Assert.InRange(requests.Wanted, 1, 10_000);
    }

    static RequestAttempts Request(string worker, int count = 1, string[]? queues = null, string[]? tasks = null) => new()
    {
        WorkerId = worker,
        RequestId = Guid.CreateVersion7(),
        Count = count,
        Queues = queues,
        Tasks = [.. (tasks ?? ["a"]).Select(x => new RequestedTask { Name = x, Version = "1" })],
    };
}
