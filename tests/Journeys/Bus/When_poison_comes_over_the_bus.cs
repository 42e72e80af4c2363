using System.Text;
using JobSystem.Journeys.Api;
using JobSystem.Journeys.Systems;
using RabbitMQ.Client;

namespace JobSystem.Journeys.Bus;

/// <summary>Whatever lies in a command queue is read once, refused, and gone: it never loops and never stops its neighbours.</summary>
[Collection(Stack.Name)]
public sealed class When_poison_comes_over_the_bus(SharedStack stack) : Journey(stack)
{
    const string Envelope = "application/vnd.masstransit+json";

    static string Deep => new string('[', 2000) + new string(']', 2000);

    public static TheoryData<string, string?, string> Poison => new()
    {
        { "nothing at all", "application/json", "" },
        { "not JSON", "application/json", "{\"task_name\": " },
        { "text", "text/plain", "hello" },
        { "no content type", null, "{}" },
        { "another content type", "application/xml", "<job/>" },
        { "a list", "application/json", "[]" },
        { "null", "application/json", "null" },
        { "no task", "application/json", "{}" },
        { "a task of the wrong type", "application/json", """{"task_name": 7}""" },
        { "an unknown task", "application/json", """{"task_name": "no_such_task"}""" },
        { "an unknown member", "application/json", """{"task_name": "echo", "colour": "red"}""" },
        { "a member twice", "application/json", """{"task_name": "echo", "task_name": "sleep"}""" },
        { "a huge number", "application/json", """{"task_name": "echo", "max_retries": 1e999}""" },
        { "a negative number", "application/json", """{"task_name": "echo", "timeout": -1}""" },
        { "a wrong word", "application/json", """{"task_name": "echo", "priority": "urgent"}""" },
        { "deep nesting", "application/json", $$"""{"task_name": "echo", "args": {{Deep}}}""" },
        { "too much", "application/json", $$"""{"task_name": "echo", "args": ["{{new string('x', 300_000)}}"]}""" },
        { "an empty envelope", Envelope, "{}" },
        { "an envelope of something else", Envelope, """{"messageType": ["urn:message:Some:Other"], "message": {"a": 1}}""" },
        { "an envelope without types", Envelope, """{"message": {"task_name": "echo"}}""" },
        { "an envelope around null", Envelope, """{"messageType": ["urn:message:JobSystem.Contracts:SubmitJob"], "message": null}""" },
        { "a response address that is none", Envelope, """{"messageType": ["urn:message:JobSystem.Contracts:SubmitJob"], "responseAddress": "::", "message": {}}""" },
        { "BSON", "application/vnd.masstransit+bson", "\u0016\u0000\u0000\u0000" },
    };

    [Fact]
    public async Task Should_throw_it_away_once_and_go_on()
    {
        await using var bus = await BusClient.Connect(stack);
        string[] queues = ["submit-job", "cancel-job", "retry-job"];
        var before = await Task.WhenAll(queues.Select(queue => Broker.Delivered(stack, queue)));
        var all = Poison.Select(row => ((string?)row[1], (string)row[2])).ToList();
        foreach (var queue in queues)
        {
            foreach (var (contentType, body) in all)
            {
                await bus.Send(queue, body, contentType is null ? new BasicProperties() : new BasicProperties { ContentType = contentType });
            }
            await bus.Send(queue, Encoding.Latin1.GetBytes("{\"task_name\": \"\u00ff\u00fe\"}"));
        }

        foreach (var (queue, was) in queues.Zip(before))
        {
            await Support.Eventually.Passes(async () =>
            {
                var now = await Broker.Delivered(stack, queue);
                Assert.True(now.Ack > was.Ack + all.Count, $"{queue}: {now}, was {was}");
                Assert.Equal(was.Redeliver, now.Redeliver);
            }, TimeSpan.FromSeconds(30));
        }
        await StillWorks(bus);
        await Broker.IsClean(stack);
    }

    [Theory]
    [MemberData(nameof(Poison))]
    public async Task Should_say_what_is_wrong_to_those_who_ask(string what, string? contentType, string body)
    {
        await using var bus = await BusClient.Connect(stack);

        var answer = await bus.AskRaw("submit-job", body, contentType ?? "");

        Assert.False(string.IsNullOrEmpty(answer.GetProperty("reason").GetString()), what);
        Assert.False(string.IsNullOrEmpty(answer.GetProperty("code").GetString()), what);
    }

    async Task StillWorks(BusClient bus)
    {
        var answer = await bus.AskRaw("submit-job", """{"task_name": "echo", "args": ["still there?"]}""");
        Assert.Equal("completed", (await stack.Client.WaitFor(answer.GetProperty("job_id").GetString()!)).Status);
        Assert.Equal("completed", (await stack.Client.Run(JobRequest.Echo("and here?"))).Status);
    }
}
