namespace JobSystem.Testing.Tests;

public sealed class RecordingJobsTests
{
    readonly RecordingJobs jobs = new();

    [Fact]
    public async Task Enqueue_OneJob_IsFoundByItsType()
    {
        var handle = await jobs.Enqueue(new TaskTests.MakeInvoice(7), x => x.Tag("shop"));
        await jobs.Enqueue(new TaskTests.SendMail("ann"));

        var found = jobs.ShouldHaveEnqueued<TaskTests.MakeInvoice>(x => x.OrderId == 7);

        Assert.Equal((handle.Id, "make_invoice", "invoices"), (found.Id, found.Request.TaskName, found.Request.QueueName));
        Assert.Equal(["shop"], found.Request.Tags);
        Assert.Equal(2, jobs.Enqueued.Count);
    }

    [Fact]
    public async Task ShouldHaveEnqueued_WhenItIsNotSo_SaysWhatWas()
    {
        jobs.ShouldHaveEnqueuedNothing();
        await jobs.EnqueueMany([new TaskTests.SendMail("ann"), new TaskTests.SendMail("bob")]);

        var none = Assert.Throws<InvalidOperationException>(() => jobs.ShouldHaveEnqueued<TaskTests.MakeInvoice>());
        var two = Assert.Throws<InvalidOperationException>(() => jobs.ShouldHaveEnqueued<TaskTests.SendMail>());
        var other = Assert.Throws<InvalidOperationException>(() => jobs.ShouldHaveEnqueued<TaskTests.SendMail>(x => x.To == "eve"));
        var some = Assert.Throws<InvalidOperationException>(jobs.ShouldHaveEnqueuedNothing);

        Assert.StartsWith("Expected one job MakeInvoice, found 0. Enqueued: {\"task_name\":\"send_mail\"", none.Message.Replace("\"kwargs\":{\"to\":\"ann\"},", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("found 2", two.Message, StringComparison.Ordinal);
        Assert.Contains("SendMail that fits, found 0", other.Message, StringComparison.Ordinal);
        Assert.Contains("\"bob\"", some.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Result_OfAJob_IsWhatTheTestSaid()
    {
        jobs.Returns<TaskTests.MakeInvoice, TaskTests.InvoiceMade>(x => x.OrderId > 0 ? new($"R-{x.OrderId}") : throw new JobFailedException("job", "failed", 1, "no order"));

        Assert.Equal("R-7", (await (await jobs.Enqueue(new TaskTests.MakeInvoice(7))).Result()).Number);
        var bad = await jobs.Enqueue(new TaskTests.MakeInvoice(0));
        await Assert.ThrowsAsync<JobFailedException>(() => bad.Result());
        var note = await jobs.Enqueue(new TaskTests.SendMail("ann"));
        await note.Completion();
        var unsaid = await Assert.ThrowsAsync<InvalidOperationException>(() => jobs.WaitForResult<int>(note.Id));
        Assert.Equal("Nobody said what SendMail returns: call Returns<SendMail, Int32>(…) first.", unsaid.Message);
    }

    [Fact]
    public async Task Enqueue_WithTheSameKey_IsTheFirstJob()
    {
        var (one, two) = (await jobs.Enqueue(new TaskTests.SendMail("ann"), x => x.IdempotencyKey("k")), await jobs.Enqueue(new TaskTests.SendMail("ann"), x => x.IdempotencyKey("k")));

        Assert.Equal(one.Id, two.Id);
        await two.Cancel();
        Assert.True(Assert.Single(jobs.Enqueued).IsCancelled);
        await Assert.ThrowsAsync<JobRefusedException>(() => jobs.Enqueue(new TaskTests.MakeInvoice(1, 5000)));
        Assert.Equal("job_not_found", (await Assert.ThrowsAsync<JobSystemException>(() => jobs.Cancel("unknown"))).Code);
    }
}
